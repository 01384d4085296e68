// packed(files): one C source with every file as gzip bytes, its content type and its hash; src/web/web_console.h is its shape.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

const perLine = 64;

/** Octal with three digits, so that a digit that follows is no part of it. */
const octal = Array.from({ length: 256 }, (_, byte) => `\\${byte.toString(8).padStart(3, '0')}`);

function literal(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += perLine) lines.push(`\t"${Array.from(bytes.subarray(at, at + perLine), (byte) => octal[byte]).join('')}"`);
  return lines.join('\n') || '\t""';
}

/** Fonts are compressed already. */
function stored({ path, bytes }) {
  if (path.endsWith('.woff2')) return { gzip: false, data: bytes };
  return { gzip: true, data: gzipSync(bytes, { level: 9 }) };
}

export function packed(files) {
  const parts = ['/* The console, packed by console/build.mjs out of console/src. */', '#include "web/web_console.h"', ''];
  const rows = files.map((file, index) => {
    const { gzip, data } = stored(file);
    const tag = createHash('sha256').update(file.bytes).digest('hex').slice(0, 16);
    parts.push(`static const char file_${index}[] =`, `${literal(data)};`);
    return `\t{ "${file.path}", "${file.type}", "W/\\"${tag}\\"", file_${index}, ${data.length}, ${file.bytes.length}, ${gzip}, ${file.hashed} },`;
  });
  parts.push('', 'const struct console_file console_files[] = {', ...rows, '};', `const size_t console_file_count = ${rows.length};`, '');
  return parts.join('\n');
}
