// A Bayeux server that Salesforce has nothing to do with (npm's faye), behind a token endpoint, and our C client against it.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import faye from 'faye';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const program = join(process.env.SUTURE_BUILD ?? join(root, 'build'), 'tests/unit/connectors/connectors_sf_listener');
export const USER = '005xx000001SwiUAAS';

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function token(request, response) {
  const base = `http://${request.headers.host}`;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({
    access_token: 'T1', instance_url: base, id: `${base}/id/00Dxx0000001gPLEAY/${USER}`, token_type: 'Bearer',
  }));
}

// `port` 0: a free one. `seconds`: how long an idle poll is held.
export async function startFaye(port = 0, seconds = 45) {
  const bayeux = new faye.NodeAdapter({ mount: '/cometd/62.0', timeout: seconds });
  const server = createServer((request, response) => token(request, response));
  bayeux.attach(server);
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  let own;
  return {
    port: server.address().port,
    url: `http://127.0.0.1:${server.address().port}`,
    publish: (channel, data) => {
      own ??= bayeux.getClient();
      return own.publish(channel, data);
    },
    stop: async () => {
      await own?.disconnect();
      bayeux.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

// The listener's lines are kept; wait(test) gives the first one, past or coming, that passes.
export function startListener(url, { object = 'Contact', replay = '', settings = {} } = {}) {
  const all = { login_url: url, client_id: 'suture-client', client_secret: 'suture-secret', backoff_ms: 20, ...settings };
  const child = spawn(program, [JSON.stringify(all), object, replay], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = [];
  const waiting = new Set();
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text));
    for (const look of [...waiting]) look();
  });
  const wait = (fits, ms = 60000) => new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      waiting.delete(look);
      reject(new Error(`nothing fits ${fits}; there is ${JSON.stringify(lines)}`));
    }, ms);
    const look = () => {
      const line = lines.find(fits);
      if (!line) return;
      clearTimeout(timer);
      waiting.delete(look);
      resolve(line);
    };
    waiting.add(look);
    look();
  });
  return {
    lines,
    wait,
    stop: () => {
      child.stdin.end();
      return wait((line) => line.ended !== undefined);
    },
  };
}

export function change(replayId, changeType, recordIds, members = {}, header = {}) {
  return {
    schema: 'IeRuaY6cbI_HsV8Rv1Mc5g',
    payload: {
      ChangeEventHeader: {
        entityName: 'Contact', recordIds, changeType, changeOrigin: 'com/salesforce/api/rest/62.0', transactionKey: 'tx-1',
        sequenceNumber: replayId, commitTimestamp: 1795255200000, commitNumber: 1, commitUser: USER, changedFields: Object.keys(members),
        nulledFields: [], diffFields: [], ...header,
      },
      ...members,
    },
    event: { replayId },
  };
}
