// Everything that a screen may use; README.md has an example of each.
export * from './Button';
export * from './Card';
export * from './Copy';
export * from './Dialog';
export * from './Field';
export * from './FilterBar';
export * from './Icon';
export * from './Menu';
export * from './Pill';
export * from './Reveal';
export * from './Select';
export * from './States';
export * from './Table';
export * from './Tabs';
export * from './Time';
export * from './Toasts';
