// Reads Prometheus' text format 0.0.4 strictly: whatever its own parser would refuse is an error here.
const nameForm = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const sampleForm = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?(?:[0-9.]+(?:e[+-]?[0-9]+)?)|NaN|[+-]Inf)$/;
const labelForm = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;

function readLabels(text) {
  const labels = {};
  labelForm.lastIndex = 0;
  while (labelForm.lastIndex < text.length) {
    const found = labelForm.exec(text);
    if (!found) throw new Error(`wrong labels: {${text}}`);
    if (found[1] in labels) throw new Error(`label ${found[1]} stands twice: {${text}}`);
    labels[found[1]] = found[2].replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c));
  }
  return labels;
}

const familyOf = (families, name) => families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ''));

function checkHistogram(family) {
  const buckets = family.samples.filter((s) => s.name.endsWith('_bucket'));
  const bounds = buckets.map((s) => (s.labels.le === '+Inf' ? Infinity : Number(s.labels.le)));
  const rises = (list) => list.every((value, i) => i === 0 || value >= list[i - 1]);
  const count = family.samples.find((s) => s.name.endsWith('_count'));
  if (!rises(bounds) || !rises(buckets.map((s) => s.value)) || bounds.at(-1) !== Infinity) throw new Error(`${family.name}: buckets out of order`);
  if (buckets.at(-1).value !== count?.value) throw new Error(`${family.name}: +Inf and _count differ`);
}

/** Families by name: { name, type, help, samples: [{ name, labels, value }] }. */
export function readFigures(text) {
  const families = new Map();
  const seen = new Set();
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  for (const line of text.slice(0, -1).split('\n')) {
    const [, word, name, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (word === 'HELP') {
      if (families.has(name) || !nameForm.test(name)) throw new Error(`HELP twice or of a wrong name: ${line}`);
      families.set(name, { name, help: rest, samples: [] });
    } else if (word === 'TYPE') {
      if (families.get(name)?.type || !['counter', 'gauge', 'histogram'].includes(rest)) throw new Error(`wrong TYPE: ${line}`);
      families.get(name).type = rest;
    } else {
      const found = sampleForm.exec(line);
      if (!found) throw new Error(`no sample: ${line}`);
      const family = familyOf(families, found[1]);
      if (!family?.type) throw new Error(`a sample without HELP and TYPE: ${line}`);
      const key = found[1] + (found[2] ?? '');
      if (seen.has(key)) throw new Error(`twice: ${key}`);
      seen.add(key);
      family.samples.push({ name: found[1], labels: readLabels(found[2] ?? ''), value: Number(found[3].replace('Inf', 'Infinity')) });
    }
  }
  for (const family of families.values()) if (family.type === 'histogram') checkHistogram(family);
  return families;
}

/** The value of one sample; labels that are not given do not matter. undefined: there is none. */
export function figure(families, name, labels = {}) {
  const fits = (s) => s.name === name && Object.entries(labels).every(([key, value]) => s.labels[key] === value);
  return familyOf(families, name)?.samples.find(fits)?.value;
}
