// What an icon button is called, and why something cannot be pressed: shown on hover and on focus, in the top layer. Any element with data-tip has one; what it says
// must be its name or description as well, since this is only for the eye.
import { useEffect, useRef } from 'preact/hooks';

const waitMs = 350;

export function Tips() {
	const box = useRef<HTMLDivElement>(null);
	useEffect(() => {
		let timer: number | undefined;
		const hide = () => {
			clearTimeout(timer);
			if (box.current?.matches(':popover-open')) box.current.hidePopover();
		};
		const show = (anchor: Element) => {
			const tip = box.current;
			const text = anchor.getAttribute('data-tip');
			if (!tip || !text || !anchor.isConnected) return;
			tip.textContent = text;
			tip.showPopover();
			const at = anchor.getBoundingClientRect();
			const up = at.bottom + tip.offsetHeight + 8 > innerHeight;
			tip.style.top = `${up ? at.top - tip.offsetHeight - 6 : at.bottom + 6}px`;
			tip.style.left = `${Math.max(8, Math.min(at.left + at.width / 2 - tip.offsetWidth / 2, innerWidth - tip.offsetWidth - 8))}px`;
		};
		const look = (event: Event) => {
			hide();
			const anchor = event.target instanceof Element ? event.target.closest('[data-tip]') : null;
			if (anchor && (event.type === 'pointerover' || anchor.matches(':focus-visible'))) timer = window.setTimeout(() => show(anchor), waitMs);
		};
		const names = ['pointerover', 'focusin'] as const;
		const ends = ['pointerdown', 'keydown', 'scroll', 'focusout'] as const;
		for (const name of names) document.addEventListener(name, look);
		for (const name of ends) document.addEventListener(name, hide, true);
		return () => {
			hide();
			for (const name of names) document.removeEventListener(name, look);
			for (const name of ends) document.removeEventListener(name, hide, true);
		};
	}, []);
	return <div ref={box} class="tip" popover="manual" aria-hidden="true" />;
}
