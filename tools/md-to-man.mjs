// md-to-man FILE.md NAME SECTION SUMMARY: a page of docs/ as a manual page on stdout, so that there is one text and not two.
//
// Takes what our pages use: headings, paragraphs, tables, lists, indented and fenced code, `code`, **bold**, [links](to).
import { readFileSync } from 'node:fs';

const [file, name, section, summary] = process.argv.slice(2);

const plain = (text) => text.replaceAll('\\', '\\e').replaceAll('-', '\\-');
const styled = (text) => text
	.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]+\))/)
	.map((part) => {
		const [, code] = /^`(.+)`$/.exec(part) ?? /^\*\*(.+)\*\*$/.exec(part) ?? [];
		const [, link] = /^\[(.+)\]\(.+\)$/.exec(part) ?? [];
		if (code) return `\\fB${plain(code)}\\fR`;
		return link ? styled(link) : plain(part);
	})
	.join('');
/* A line that begins with a dot or a quote is a request. */
const line = (text) => styled(text).replace(/^([.'])/, '\\&$1');
const cells = (row) => row.replace(/^\||\|$/g, '').split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));

function table(rows) {
	const [head, , ...body] = rows.map(cells);
	const term = (row) => `.TP\n\\fB${plain(row[0].replaceAll('`', ''))}\\fR\n`;
	const rest = (row) => row.slice(1).map((cell, i) => line(cell && head[i + 2] ? `${cell};` : cell)).filter(Boolean).join('\n');
	return body.map((row) => term(row) + (rest(row) || '\\&')).join('\n');
}

const code = (rows) => `.PP\n.RS\n.nf\n${rows.map((row) => plain(row).replace(/^([.'])/, '\\&$1')).join('\n')}\n.fi\n.RE`;

/** One block for each kind of line that stands together. */
function blocks(text) {
	const out = [];
	let fenced = false;
	for (const row of text.split('\n')) {
		const last = out.at(-1);
		if (row.startsWith('```')) {
			fenced = !fenced;
			if (fenced) out.push({ kind: 'fence', rows: [] });
			continue;
		}
		const kind = kindOf(row, fenced, last);
		if (kind === last?.kind && kind !== 'head' && kind !== 'item') last.rows.push(row);
		else out.push({ kind, rows: [row] });
	}
	return out;
}

function kindOf(row, fenced, last) {
	if (fenced) return 'fence';
	if (row.trim() === '') return 'blank';
	if (/^#+ /.test(row)) return 'head';
	if (row.startsWith('|')) return 'table';
	if (row.startsWith('- ')) return 'item';
	if (row.startsWith('    ') && last?.kind !== 'item') return 'code';
	return 'text';
}

const show = {
	blank: () => null,
	head: ([row]) => (row.startsWith('# ') ? null : `.${row.startsWith('## ') ? 'SH' : 'SS'} "${plain(row.replace(/^#+ /, '').replaceAll('`', '').replaceAll('"', '\\(dq'))}"`),
	table,
	item: (rows) => `.IP \\(bu 2\n${rows.map((row) => line(row.slice(2))).join('\n')}`,
	fence: code,
	code: (rows) => code(rows.map((row) => row.replace(/^ {4}/, ''))),
	text: (rows) => `.PP\n${rows.map(line).join('\n')}`,
};

const body = blocks(readFileSync(file, 'utf8')).map(({ kind, rows }) => show[kind](rows)).filter(Boolean);
console.log(`.TH "${name.toUpperCase()}" ${section} "" "Suture" "File Formats"\n.SH NAME\n${plain(name)} \\- ${plain(summary)}\n.SH DESCRIPTION\n${body.join('\n')}`);
