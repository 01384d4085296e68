// What the demo can be told, judged before anything starts: a wrong word is answered with what to say instead, exit code 2.
import { accessSync, constants, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { paths } from './systems.mjs';

export const help = `usage: ./run demo [--data FILE | --patients N] [--seed S] [--once]

  --patients N   how many patients to generate, 1 to 1000000 (1000)
  --data FILE    FHIR patients as NDJSON, one a line, instead of generated ones
  --seed S       another seed gives other patients, and other counterparts in Salesforce (1)
  --once         end by itself with one JSON line on stdout; exit 0 only if both systems agree
  --help         this text`;

export class Misuse extends Error {}

function wholeNumber(name, text, least, most) {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) throw new Misuse(`--${name} takes a whole number from ${least} to ${most}, not '${text}'`);
  return text;
}

function readable(file) {
  try {
    accessSync(file, constants.R_OK);
    if (statSync(file).isFile()) return file;
  } catch {
    throw new Misuse(`--data: the file ${file} is not there or cannot be read`);
  }
  throw new Misuse(`--data: ${file} is not a file`);
}

/** { help, once, sandbox: arguments of suture-sandbox } */
export function readOptions(words) {
  const text = { type: 'string' };
  let values;
  try {
    ({ values } = parseArgs({ args: words, options: { data: text, patients: text, seed: text, once: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } }));
  } catch (error) {
    throw new Misuse(error.message.split('. ')[0].split('\n')[0]);
  }
  if (values.help) return { help: true };
  if (values.data !== undefined && values.patients !== undefined) throw new Misuse('--data and --patients exclude each other');
  const people = values.data !== undefined ? ['--data', readable(values.data)] : ['--patients', wholeNumber('patients', values.patients ?? '1000', 1, 1_000_000)];
  for (const program of [paths.sandbox, paths.suture]) {
    try {
      accessSync(program, constants.X_OK);
    } catch {
      throw new Misuse(`${program} is not built yet: ./run demo builds it, ./run build too`);
    }
  }
  return { once: values.once ?? false, sandbox: ['--seed', wholeNumber('seed', values.seed ?? '1', 0, 2 ** 32 - 1), '--pace', '-1', ...people] };
}
