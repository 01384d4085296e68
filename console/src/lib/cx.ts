/** Names of classes, without those that are false: cx('button', busy && 'is-busy'). */
export function cx(...names: (string | false | null | undefined)[]): string {
	return names.filter(Boolean).join(' ');
}
