// The console's stylesheets: the standard rules, colours by their names only, no deep nesting.
export default {
  extends: ['stylelint-config-standard'],
  rules: {
    'color-no-hex': true,
    'color-named': 'never',
    'declaration-no-important': [true, { severity: 'error' }],
    'max-nesting-depth': 2,
    'no-descending-specificity': null,
    'selector-class-pattern': '^[a-z][a-z0-9]*(-[a-z0-9]+)*$',
    'selector-max-id': 0,
    'comment-empty-line-before': null,
    'custom-property-empty-line-before': null,
    'import-notation': 'string',
    'media-feature-range-notation': null,
    'property-no-vendor-prefix': [true, { ignoreProperties: ['text-size-adjust'] }],
    'value-keyword-case': ['lower', { ignoreKeywords: ['CanvasText', 'Inter', 'BlinkMacSystemFont'], ignoreProperties: ['font', 'font-family'] }],
  },
  overrides: [
    { files: ['**/tokens.css'], rules: { 'color-no-hex': null } },
    // What must win over everything: motion that is not wanted, and cells that have become cards.
    { files: ['**/base.css', '**/data.css'], rules: { 'declaration-no-important': null } },
  ],
};
