// A practice with NikoHealth and an org with Person Accounts, joined and without any sync: where the guide begins.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { admin, must } from '../../../demo/systems.mjs';
import { startSystems } from '../../node/niko/company.mjs';
import { company, fields, org } from '../../node/niko-road/world.mjs';
import { eventually, serve } from '../../node/serve/daemon.mjs';
import { addPeople, roles } from './world.mjs';

/** `customFields`: a file of fields that the org has beside; `syncs`: of the configuration. */
export async function startNiko({ patients = 20, customFields = fields, syncs } = {}) {
  const systems = await startSystems(
    '--salesforce-port',
    '0',
    '--pace',
    '-1',
    '--custom-fields',
    customFields,
    '--nikohealth-port',
    '0',
    '--seed',
    '5',
    '--patients',
    String(patients),
    '--person-accounts',
  );
  const home = mkdtempSync(join(tmpdir(), 'suture-'));
  const dir = join(home, 'suture');
  let daemon;
  const stop = async () => {
    await daemon?.stop('SIGKILL');
    await systems.stop();
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await must(dir, ['init', dir]);
    writeFileSync(
      join(dir, 'suture.yaml'),
      JSON.stringify({
        connections: { niko: company(systems.urls), org: org(systems.urls) },
        integration: { name: 'niko-org', emr: 'niko', crm: 'org' },
        ...(syncs && { syncs }),
      }),
    );
    await must(dir, ['apply', join(dir, 'suture.yaml'), '--why', 'test']);
    await addPeople(dir, roles);
    daemon = await serve(dir);
    await eventually(async () => (await daemon.get('/health')).status === 200, 'health');
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    systems,
    dir,
    daemon,
    url: daemon.address,
    stop,
    accounts: async () => (await admin(systems.urls.salesforce, 'state')).Account,
    run: (...args) => must(dir, args),
  };
}
