// An EMR, an org and a configured Suture between them, for the EMRs that are not Hint.
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { admin, must, suture, writeCalls } from '../../../demo/systems.mjs';
import { startSystems } from '../niko/company.mjs';

export { admin, must, suture };

const here = dirname(fileURLToPath(import.meta.url));
export const fields = join(here, 'fields.yaml');

/** Starts systems and a Suture that is configured by `configure(urls, recordType)`; everything is taken down afterwards, whatever happens. */
export async function withWorld({ sandbox = [], configure, descriptor }, use) {
  const systems = await startSystems('--salesforce-port', '0', '--pace', '-1', '--custom-fields', fields, ...sandbox);
  const home = mkdtempSync(join(tmpdir(), 'suture-'));
  try {
    const dir = join(home, 'suture');
    await must(dir, ['init', dir]);
    if (descriptor) {
      mkdirSync(join(dir, 'descriptors'), { recursive: true });
      writeFileSync(join(dir, 'descriptors', 'own.yaml'), descriptor);
    }
    const { urls } = systems;
    const { RecordType: types = [] } = await admin(urls.salesforce, 'state');
    const person = types.find((type) => type.IsPersonType)?.Id;
    const apply = async (configuration) => {
      writeFileSync(join(dir, 'suture.yaml'), JSON.stringify(configuration));
      await must(dir, ['apply', join(dir, 'suture.yaml'), '--why', 'test']);
    };
    await apply(configure(urls, person));
    await use({ ...tools(urls), urls, dir, apply, person, run: (...args) => must(dir, [...args, '--json', ...(['import', 'delta', 'drain'].includes(args[0]) ? ['--quiet'] : [])]) });
  } finally {
    await systems.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

/** How many records a run changed, or failed to; a delta that found nothing says only that it read none. */
export const changes = ({ created = 0, updated = 0, linked = 0, failed = 0 }) => created + updated + linked + failed;

/** The org's clock is known to the second only: what is younger than that is for the next delta. */
const tick = async (answer) => {
  await new Promise((done) => setTimeout(done, 1050));
  return answer;
};

function tools(urls) {
  const emr = urls.nikohealth ?? urls.invented;
  const state = async (base, list) => (await admin(base, 'state'))[list];
  return {
    emr,
    state: (list) => state(emr, list),
    /** Records of the org; `of('Account')`. */
    of: (object) => state(urls.salesforce, object),
    patients: () => state(emr, urls.nikohealth ? 'patients' : 'people'),
    patient: async (id) => (await state(emr, 'patients')).find((row) => row.Id === id),
    edit: (id, changes, object = 'patient') => admin(emr, 'edit', { object, id, fields: changes }),
    remove: (object, id) => admin(emr, 'delete', { object, id }),
    create: (object, fields) => admin(emr, 'create', { object, fields }),
    createWith: (object, id, fields) => admin(emr, 'create', { object, id, fields }),
    editThere: (object, id, changes) => admin(urls.salesforce, 'edit', { object, id, fields: changes }).then(tick),
    createThere: (object, changes) => admin(urls.salesforce, 'create', { object, fields: changes }).then(tick),
    /** Calls that write at either system since the last time. */
    async writes() {
      const now = (await writeCalls(emr)) + (await writeCalls(urls.salesforce));
      await Promise.all([admin(emr, 'counters/reset', {}), admin(urls.salesforce, 'counters/reset', {})]);
      return now;
    },
  };
}

export const org = (urls) => ({ kind: 'salesforce', login_url: urls.salesforce, auth: 'client_credentials', client_id: 'suture-client', client_secret: 'suture-secret' });
export const company = (urls) => ({
  kind: 'nikohealth', domain: 'grove', host: urls.nikohealth, client_id: 'niko-client', client_secret: 'niko-secret', location: '12', pace: '0',
});
