// Where a stand-in system sends its webhooks in a test.
import { createServer } from 'node:http';

/** A receiver of webhooks. `answers(n)` gives the status of the n-th call (from 0), or null to leave it unanswered. */
export async function startReceiver(answers = () => 200) {
  const calls = [];
  let wake = () => {};
  const server = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const status = answers(calls.length);
      calls.push({ method: request.method, url: request.url, headers: request.headers, body, event: JSON.parse(body.toString('utf8')) });
      wake();
      if (status !== null) {
        response.statusCode = status;
        response.end();
      }
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    calls,
    /** Waits until so many calls have come. */
    async wait(count, ms = 60_000) {
      const end = Date.now() + ms;
      while (calls.length < count) {
        if (Date.now() > end) throw new Error(`${calls.length} of ${count} webhooks came`);
        await new Promise((done) => {
          wake = done;
          setTimeout(done, 50);
        });
      }
    },
    stop() {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

export { setTimeout as sleep } from 'node:timers/promises';
