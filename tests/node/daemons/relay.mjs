// Between the daemons and a stand-in system: notes every write that arrives and which process sent it, and may keep its answer back. It shares no code with either.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';

const WRITES = /^(POST|PATCH|PUT|DELETE)$/;
/** Calls that ask, though they POST. */
const NO_WRITE = /oauth|cometd|matching|webhook|composite\/sobjects\/[^/]*$|\/__admin\//;

/** The inode of the socket at the other end, as the system's table of connections has it. */
function inodeOf({ remotePort }) {
  const port = remotePort.toString(16).toUpperCase().padStart(4, '0');
  const row = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find((cells) => cells[1]?.endsWith(`:${port}`));
  return row?.[9];
}

function hasSocket(pid, inode) {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`;
      } catch {
        return false; // closed meanwhile
      }
    });
  } catch {
    return false; // it is dead
  }
}

/** Values of the watched fields in a body, whatever its form: [{ id, field, value }]. */
function valuesIn(text, fields, id) {
  const found = [];
  const walk = (node, own) => {
    if (!node || typeof node !== 'object') return;
    const at = node.Id ?? node.id ?? own;
    for (const [key, value] of Object.entries(node)) {
      if (fields.includes(key)) found.push({ id: at, field: key, value });
      else walk(value, at);
    }
  };
  try {
    walk(JSON.parse(text), id);
  } catch {
    // no JSON: no body at all
  }
  return found;
}

const bytesOf = async (stream) => {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
};

/** { url, writes: [{ at, pid, method, path, values }], hold(), holding(pid), release(pid?), stop() }; `pids()` are the processes that it may be. */
export async function startRelay(target, { fields, pids }) {
  const agent = new Agent({ keepAlive: true });
  const owners = new WeakMap();
  const writes = [];
  const held = []; // { pid, open }
  let holds = () => false;

  const ownerOf = (socket) => {
    if (!owners.has(socket)) {
      const inode = inodeOf(socket);
      owners.set(socket, pids().find((pid) => hasSocket(pid, inode)) ?? 0);
    }
    return owners.get(socket);
  };

  const forward = ({ method, url, headers }, body) =>
    new Promise((done, fail) => {
      const passed = { ...headers, host: new URL(target).host };
      if (/\/oauth2\/token/.test(url)) delete passed['accept-encoding'];
      request(target + url, { method, agent, headers: passed }, done).once('error', fail).end(body);
    });

  async function answer(asked, response, own) {
    const body = await bytesOf(asked);
    const write = WRITES.test(asked.method) && !(asked.method === 'POST' && NO_WRITE.test(asked.url));
    const pid = write ? ownerOf(asked.socket) : 0;
    if (write) writes.push({ at: Date.now(), pid, method: asked.method, path: asked.url, values: valuesIn(body, fields, asked.url.split(/[/?]/).at(-1)) });
    const told = await forward(asked, body);
    if (write && holds(pid)) await new Promise((open) => held.push({ pid, open }));
    if (!/\/oauth2\/token/.test(asked.url)) {
      response.writeHead(told.statusCode, told.headers);
      told.pipe(response);
      return;
    }
    // Where to go from here: through us.
    const text = (await bytesOf(told)).toString().replaceAll(`"instance_url":"${target}"`, `"instance_url":"${own()}"`);
    response.writeHead(told.statusCode, { 'content-type': told.headers['content-type'] });
    response.end(text);
  }

  const server = createServer((asked, response) => answer(asked, response, () => relay.url).catch(() => response.destroy()));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const relay = {
    url: `http://127.0.0.1:${server.address().port}`,
    writes,
    /** From now on writes are carried out and not answered. */
    hold() {
      holds = () => true;
    },
    /** How many writes of a process wait for their answers. */
    holding: (pid) => held.filter((one) => one.pid === pid).length,
    /** Of one process, or of all. */
    release(only) {
      const before = holds;
      holds = (pid) => only !== undefined && pid !== only && before(pid);
      for (const { pid, open } of held) if (!holds(pid)) open();
    },
    stop() {
      relay.release();
      agent.destroy();
      server.closeAllConnections?.();
      return new Promise((done) => server.close(done));
    },
  };
  return relay;
}
