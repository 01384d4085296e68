// Runs two-sided scenarios and prints TAP. The language is explained in tests/scenario/README.md; every word is a row of `words`.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { admin, setUp, startSandbox, states, suture, writeCalls } from '../../demo/systems.mjs';
import { firstDeltas, listed, undone } from '../node/live/live.mjs';
import { isReady, secret, serve } from '../node/serve/daemon.mjs';

const patienceMs = 60_000;
const partnerKey = 'hint-partner-key';
const buttonSecret = 'secret-of-the-package';

/** `key=value key="two words" word` -> { words, pairs } */
export function parseLine(line) {
  const words = [];
  const pairs = {};
  for (const [, key, quoted, plain, word] of line.matchAll(/(?:([\w.]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*)))|(\S+)/g)) {
    if (key === undefined) words.push(word);
    else pairs[key] = quoted === undefined ? plain : JSON.parse(`"${quoted}"`);
  }
  return { words, pairs };
}

const phones = new Set(['mobile', 'home', 'office']);

/** A patient's fields: mobile=, home= and office= are entries of the phones list; a.b= is member b of object a. */
function patientFields(pairs) {
  const fields = {};
  for (const [key, value] of Object.entries(pairs)) {
    const [outer, inner] = key.split('.');
    if (phones.has(key)) (fields.phones ??= []).push({ type: key, number: value });
    else if (inner) (fields[outer] ??= {})[inner] = typed(value);
    else fields[key] = typed(value);
  }
  return fields;
}

const typed = (value) => ({ true: true, false: false, '': null })[value] ?? (value === '' ? null : value);
const shown = (value) => (value === null || value === undefined ? '' : String(value));

function patientValue(patient, key) {
  if (phones.has(key)) return patient.phones?.find((p) => p.type === key)?.number;
  return key.split('.').reduce((at, part) => at?.[part], patient);
}

class Scenario {
  constructor(title, lines, file) {
    const extra = { practice: { pace: '0', webhook_secret: secret, partner_key: partnerKey }, org: { hook_secret: buttonSecret }, patients: { delta_lag_s: 0 } };
    Object.assign(this, { title, lines, file, ids: {}, extra, last: undefined, daemon: undefined });
  }

  fail(message) {
    throw new Error(`${this.file}:${this.at}: ${message}`);
  }

  expectEqual(what, actual, expected) {
    if (shown(actual) !== shown(expected)) this.fail(`${what} is '${shown(actual)}', expected '${expected}'`);
  }

  /** @name stands for the id of the record of that name. */
  resolve(pairs) {
    return Object.fromEntries(Object.entries(pairs).map(([k, v]) => [k, v.startsWith('@') ? this.idOf(v.slice(1)) : v]));
  }

  idOf(name) {
    return this.ids[name] ?? this.fail(`no record is called ${name}`);
  }

  async home() {
    if (!this.dir) {
      const integrations = await fetch(`${this.systems.hint}/api/integrations`, { headers: { authorization: `Bearer ${partnerKey}` } });
      this.extra.practice.integration ??= (await integrations.json())[0].id;
      this.dir = await setUp(this.systems, this.extra);
    }
    return this.dir.dir;
  }

  /** While Suture serves, what is expected may take a moment. */
  async soon(look) {
    const until = Date.now() + (this.daemon ? patienceMs : 0);
    for (;;) {
      try {
        return await look();
      } catch (error) {
        if (Date.now() >= until) throw error;
        await sleep(30);
      }
    }
  }

  async calls(base) {
    const { routes } = await admin(base, 'counters');
    return Object.entries(routes).reduce((sum, [route, row]) => sum + (/cometd|oauth|limits/.test(route) ? 0 : row.calls), 0);
  }

  /** Until nobody has called anybody for a while, and every webhook has been delivered. */
  async quiet() {
    const moved = async () => [await this.calls(this.systems.hint), await this.calls(this.systems.salesforce), (await admin(this.systems.hint, 'settings')).webhooks_waiting].join();
    const until = Date.now() + patienceMs;
    let before = await moved();
    for (let since = Date.now(); Date.now() - since < 500; ) {
      if (Date.now() > until) this.fail('it does not come to rest');
      await sleep(50);
      const now = await moved();
      if (now !== before || !now.endsWith(',0') || (await undone(this.systems, this.daemon?.address))) since = Date.now();
      before = now;
    }
  }

  async run() {
    this.systems = await startSandbox(['--patients', '0', '--pace', '-1']);
    try {
      for (const [number, line] of this.lines) {
        this.at = number;
        const { words: [word, ...rest], pairs } = parseLine(line);
        await (words[word] ?? this.fail(`unknown word '${word}'`)).call(this, rest, word === 'setting' ? pairs : this.resolve(pairs), line);
      }
    } catch (error) {
      if (this.daemon) error.message += `\nthe daemon said:\n${this.daemon.log.slice(-10).join('\n')}`;
      throw error;
    } finally {
      await this.daemon?.stop('SIGKILL');
      this.dir?.remove();
      await this.systems.stop();
    }
  }
}

async function side(scenario, base, kind, rest, pairs) {
  const [verb, a, b] = rest;
  if (verb === 'edit') return void (await admin(base, 'edit', { object: kind.object(b), id: scenario.idOf(a), fields: kind.fields(pairs) }));
  if (verb === 'delete') return void (await admin(base, 'delete', { object: kind.object(b), id: scenario.idOf(a) }));
  if (verb === 'erase') return void (await admin(base, 'delete', { object: kind.object(b), id: scenario.idOf(a), hard: true }));
  if (verb === 'merge') return void (await admin(base, 'merge', kind.merge(scenario.idOf(a), scenario.idOf(b))));
  if (verb === 'settings') return void (await admin(base, 'settings', Object.fromEntries(Object.entries(pairs).map(([k, v]) => [k, JSON.parse(v)]))));
  if (verb === 'expect') return scenario.soon(() => kind.expect(scenario, a, pairs));
  if (verb === 'gone') return scenario.soon(async () => (await kind.find(scenario, a)) && scenario.fail(`${a} is still there`));
  if (verb === 'count') return scenario.soon(async () => scenario.expectEqual('the number of records', (await kind.all(scenario)).length, a));
  const created = await admin(base, 'create', { object: verb, fields: kind.fields(pairs) });
  scenario.ids[a] = created.id;
}

const hint = {
  object: () => 'patient',
  fields: patientFields,
  merge: (loser, survivor) => ({ loser, survivor }),
  all: async (s) => (await states(s.systems)).patients.filter((p) => !p.archived_at && !p.merged_into),
  /** A name, or of:CONTACT, the patient that names this contact as its counterpart. */
  async find(s, name) {
    const fits = name.startsWith('of:') ? (p) => p.integration_record_id === s.idOf(name.slice(3)) : (p) => p.id === s.idOf(name);
    return (await this.all(s)).find(fits);
  },
  async expect(s, name, pairs) {
    const patient = (await this.find(s, name)) ?? s.fail(`there is no patient ${name}`);
    for (const [key, value] of Object.entries(pairs)) {
      if (!phones.has(key) && !(key.split('.')[0] in patient)) s.fail(`a patient has no field ${key}`);
      s.expectEqual(`${name}'s ${key}`, patientValue(patient, key), value);
    }
  },
};
const org = {
  object: (given) => given ?? 'Contact',
  fields: (pairs) => Object.fromEntries(Object.entries(pairs).map(([k, v]) => [k, typed(v)])),
  merge: (loser, winner) => ({ winner, loser }),
  all: async (s) => (await states(s.systems)).contacts.filter((c) => !c.IsDeleted),
  async find(s, name) {
    const fits = name.startsWith('of:') ? (c) => c.Hint_Patient_Id__c === s.idOf(name.slice(3)) : (c) => c.Id === s.idOf(name);
    return (await this.all(s)).find(fits);
  },
  async expect(s, name, pairs) {
    const contact = (await this.find(s, name)) ?? s.fail(`there is no contact ${name}`);
    for (const [key, value] of Object.entries(pairs)) {
      if (!(key in contact)) s.fail(`a contact has no field ${key}`);
      if (value === '*') {
        if (!shown(contact[key])) s.fail(`${name}'s ${key} is blank`);
      } else s.expectEqual(`${name}'s ${key}`, contact[key], value);
    }
  },
};

const words = {
  async hint(rest, pairs) {
    await side(this, this.systems.hint, hint, rest, pairs);
  },
  async org(rest, pairs) {
    await side(this, this.systems.salesforce, org, rest, pairs);
  },
  async setting(rest, pairs) {
    const [section = 'patients'] = rest;
    this.extra[section] = { ...this.extra[section], ...Object.fromEntries(Object.entries(pairs).map(([k, v]) => [k, /^[[{]/.test(v) ? JSON.parse(v) : (typed(v) ?? '')])) };
  },
  async fault(rest, _pairs, line) {
    const rows = JSON.parse(line.slice(line.indexOf('[')));
    await admin(rest[0] === 'hint' ? this.systems.hint : this.systems.salesforce, 'faults', rows);
  },
  async malformed(rest, pairs) {
    if (rest[0] === 'mend') await admin(this.systems.hint, `malformed?id=${encodeURIComponent(this.idOf(rest[1]))}`, undefined, 'DELETE');
    else await admin(this.systems.hint, 'malformed', { id: this.idOf(rest[0]), kind: pairs.kind });
  },
  /** file ids.csv @c1 @c2: a file with those ids, one a line; text="Id\n@c1@\n": with this text; ids=ids.csv names it to a command */
  async file([name, ...rows], { text }) {
    const lines = rows.map((row) => (row.startsWith('@') ? this.idOf(row.slice(1)) : row)).join('\r\n');
    writeFileSync(join(await this.home(), name), text?.replace(/@(\w+)@/g, (_all, id) => this.idOf(id)) ?? lines);
  },
  /** The org's clock is known to the second: what is younger is for the next delta. */
  async pause([seconds]) {
    await sleep(1000 * seconds);
  },
  async reset() {
    await Promise.all([admin(this.systems.hint, 'counters/reset', {}), admin(this.systems.salesforce, 'counters/reset', {})]);
  },
  /** serve | serve stop | serve kill: the daemon, which Hint tells by webhook and the org by its stream; --no-hooks, --no-stream: they do not */
  async serve(rest) {
    if (rest[0] === 'stop' || rest[0] === 'kill') {
      const { code } = await this.daemon.stop(rest[0] === 'stop' ? 'SIGTERM' : 'SIGKILL');
      if (rest[0] === 'stop' && code !== 0) this.fail(`suture serve ended with ${code}`);
      this.daemon = undefined;
      return;
    }
    const dir = await this.home();
    this.listedBefore = await listed(this.systems);
    this.daemon = await serve(dir, rest.filter((word) => word !== '--no-hooks'));
    await this.soon(async () => (await isReady(this.daemon)) || this.fail('the daemon is not ready'));
    if (rest.includes('--no-hooks')) return;
    const { code, stderr } = await suture(dir, ['webhooks', 'practice', 'register', '--url', this.daemon.address, '--json']);
    if (code !== 0) this.fail(`the webhook was not registered: ${stderr}`);
  },
  /** the daemon has asked both systems for what it did not hear of */
  async calm() {
    await firstDeltas(this.systems, this.listedBefore);
    await this.quiet();
  },
  /** all that is under way comes to its end */
  async quiet() {
    await this.quiet();
  },
  /** button NAME action=sync: a person pushes the package's button on this contact */
  async button(rest, { action = 'sync', ...others }) {
    const hooks = this.daemon?.webhooks ?? this.fail('nobody serves');
    await admin(this.systems.salesforce, 'button', { action, object: 'Contact', ids: [this.idOf(rest[0])], url: hooks.org, secret: buttonSecret, ...others });
  },
  /** suture import | drain | retry … [exits=3] [says="words"] */
  async suture(rest, pairs) {
    const { exits = '0', says, ...others } = pairs;
    const dir = await this.home();
    const options = Object.entries(others).flatMap(([k, v]) => [`--${k}`, k === 'ids' ? join(dir, v) : v]);
    const result = await suture(dir, [...rest.map((word) => (word.startsWith('@') ? this.idOf(word.slice(1)) : word)), ...options, '--json']);
    this.last = result;
    if (String(result.code) !== exits) this.fail(`suture ${rest.join(' ')} ended with ${result.code}, expected ${exits}: ${result.stderr}`);
    if (says && !`${result.stdout}${result.stderr}`.includes(says)) this.fail(`it did not say '${says}' but: ${result.stdout}${result.stderr}`);
  },
  /** report linked=1 created=0: members of the JSON that the last command printed */
  async report(_rest, pairs) {
    for (const [key, value] of Object.entries(pairs)) this.expectEqual(key, this.last.json?.[key], value);
  },
  /** rows 2 outcome=failed: how many rows of the last command's table have these values */
  async rows(rest, pairs) {
    const fit = (this.last.json ?? []).filter((row) => Object.entries(pairs).every(([k, v]) => shown(row[k]) === v));
    this.expectEqual('the number of such rows', fit.length, rest[0]);
  },
  async writes(_rest, pairs) {
    if (pairs.hint !== undefined) this.expectEqual('write calls at Hint', await writeCalls(this.systems.hint), pairs.hint);
    if (pairs.org !== undefined) this.expectEqual('write calls at Salesforce', await writeCalls(this.systems.salesforce), pairs.org);
  },
};

function readScenarios(file) {
  const found = [];
  for (const [index, raw] of readFileSync(file, 'utf8').split('\n').entries()) {
    const line = raw.trim();
    if (!line || line.startsWith('#')) continue;
    if (line.startsWith('scenario ')) found.push(new Scenario(line.slice(9), [], basename(file)));
    else if (found.length) found.at(-1).lines.push([index + 1, line]);
    else throw new Error(`${file}:${index + 1}: a file begins with a line 'scenario …'`);
  }
  return found;
}

async function main(files) {
  const all = files.flatMap(readScenarios);
  let failed = 0;
  for (const [index, scenario] of all.entries()) {
    try {
      await scenario.run();
      console.log(`ok ${index + 1} - ${scenario.title}`);
    } catch (error) {
      failed++;
      console.log(`not ok ${index + 1} - ${scenario.title}\n# ${error.message.split('\n').join('\n# ')}`);
    }
  }
  console.log(`1..${all.length}`);
  return failed ? 1 : 0;
}

if (process.argv[1]?.endsWith('scenario.mjs')) process.exitCode = await main(process.argv.slice(2));
