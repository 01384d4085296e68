// The Grafana dashboard and the alert rules speak of what /metrics really serves: every name, every label.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { paths } from '../../../demo/systems.mjs';
import { event, eventually, makePatient, signed, withDaemon } from './daemon.mjs';
import { readFigures } from './figures.mjs';

const folder = join(paths.root, 'docs/grafana');
const dashboard = JSON.parse(readFileSync(join(folder, 'suture.json'), 'utf8'));
const rules = readFileSync(join(folder, 'alerts.yaml'), 'utf8').split(/^ {6}- alert: /m).slice(1);
/* Of Prometheus itself, and what it adds to every sample. */
const builtIn = { names: ['up'], labels: ['instance', 'job', 'le'] };
const words = /^(sum|min|max|count|rate|increase|delta|by|or|and|vector|histogram_quantile|max_over_time|on|ignoring)$/;

/** Metric names and the labels asked of them, of one PromQL expression. */
function read(expr) {
  const labels = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) => list.split(',').map((name) => name.trim()));
  const asked = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, list]) => [...list.matchAll(/(\w+)\s*[=!]/g)].map(([, name]) => name));
  const bare = expr.replace(/by \([^)]*\)/g, '').replace(/\{[^}]*\}/g, '').replace(/\[[^\]]*\]/g, '');
  return { names: [...bare.matchAll(/[a-zA-Z_:][\w:]*/g)].map(([name]) => name).filter((name) => !words.test(name) && !/^e\d+$/.test(name)), labels: [...labels, ...asked] };
}

const panels = dashboard.panels.filter((panel) => panel.type !== 'row');
const legends = (panel) => [...(panel.targets[0].legendFormat ?? '').matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name);
const exprOf = (rule) => /^ {8}expr: (.+)$/m.exec(rule)[1];

test('the dashboard is what its rows make', () => {
  assert.equal(spawnSync(process.execPath, [join(folder, 'make.mjs')], { encoding: 'utf8' }).stdout, readFileSync(join(folder, 'suture.json'), 'utf8'));
  assert.equal(new Set(dashboard.panels.map((panel) => panel.id)).size, dashboard.panels.length, 'ids of panels');
});

test('every alert says how bad it is, in a sentence, and what to do', () => {
  assert.ok(rules.length >= 8);
  for (const rule of rules) for (const member of [/severity: (critical|warning)/, /summary: .{10}/, /action: .{10}/]) assert.match(rule, member);
});

test('names and labels are those that the daemon serves', async () => {
  await withDaemon({ patients: 10, imported: true }, async ({ systems, daemon }) => {
    const patient = await makePatient(systems, { first_name: 'Gra', last_name: 'Fana', dob: '1990-01-01' });
    const post = () => fetch(daemon.webhooks.practice, signed(event(patient, 'patient.created')));
    assert.equal((await post()).status, 200);
    await fetch(daemon.webhooks.practice, { ...signed('{}', 'wrong') });
    const served = await eventually(async () => {
      const families = readFigures(await (await daemon.get('/metrics')).text());
      return families.get('suture_writes_total')?.samples.length && families.get('suture_outcomes_total')?.samples.length && families;
    }, 'a write and an outcome are counted');
    const samples = [...served.values()].flatMap((family) => family.samples);
    const names = new Set([...served.keys(), ...samples.map((sample) => sample.name), ...builtIn.names]);
    const labelsOf = (name) => new Set([...builtIn.labels, ...samples.filter((sample) => sample.name === name).flatMap((sample) => Object.keys(sample.labels))]);
    const asked = [
      ...panels.map((panel) => ({ who: panel.title, ...read(panel.targets[0].expr), more: legends(panel) })),
      ...rules.map((rule) => ({ who: rule.split('\n')[0], ...read(exprOf(rule)), more: [...rule.matchAll(/\$labels\.(\w+)/g)].map(([, name]) => name) })),
    ];
    for (const { who, names: wanted, labels, more } of asked) {
      assert.ok(wanted.length > 0, who);
      for (const name of wanted) assert.ok(names.has(name), `${who}: the daemon serves no ${name}`);
      if (!served.get('suture_errors_total').samples.length && wanted.includes('suture_errors_total')) continue; /* nothing failed: its labels are not to be seen */
      const known = new Set(wanted.flatMap((name) => [...labelsOf(name)]));
      for (const label of [...labels, ...more]) assert.ok(known.has(label), `${who}: no label ${label}`);
    }
  });
});
