// Where a popover stands: below its anchor, or above where there is more room; never outside the window.
const gap = 4;

export function placeBeside(popover: HTMLElement, anchor: Element, { sameWidth = false } = {}): void {
	const at = anchor.getBoundingClientRect();
	if (sameWidth) popover.style.minWidth = `${at.width}px`;
	const below = innerHeight - at.bottom - gap * 2;
	const above = at.top - gap * 2;
	popover.style.maxHeight = '';
	const height = popover.offsetHeight;
	const up = height > below && above > below;
	popover.style.maxHeight = `${Math.max(96, up ? above : below)}px`;
	const left = Math.min(at.left, innerWidth - popover.offsetWidth - gap * 2);
	popover.style.left = `${Math.max(gap * 2, left)}px`;
	popover.style.top = up ? `${at.top - gap - Math.min(height, above)}px` : `${at.bottom + gap}px`;
}
