// Identity providers: oidc-provider as it is, and a forger that says whatever a test wants.
import { createHash, createPrivateKey, createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suture } from './door.mjs';

export const client = { client_id: 'suture', client_secret: 'the secret of the tests' };

function keyPair(kind, kid) {
  const { privateKey } = kind === 'RSA' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: kind === 'RSA' ? 'RS256' : 'ES256' };
}
const publicPart = ({ kty, kid, use, alg, n, e, crv, x, y }) => ({ kty, kid, use, alg, n, e, crv, x, y });

/** The certified one, without its pages: whoever `who` is at the moment is signed in there. */
export async function startProvider(redirect, { algorithm = 'RS256', method = 'client_secret_basic' } = {}) {
  const { default: Provider } = await import('oidc-provider');
  const people = {
    'p-1': { email: 'ann@grove.example', email_verified: true, name: 'Ann Lee', groups: ['staff', 'suture-admins'] },
    'p-2': { email: 'bea@grove.example', email_verified: true, name: 'Bea Moor', groups: ['staff'] },
    'p-3': { email: 'eve@elsewhere.example', email_verified: true, name: 'Eve', groups: ['suture-admins'] },
    'p-4': { email: 'mal@grove.example', email_verified: false, name: 'Mal', groups: ['suture-admins'] },
  };
  const told = { who: 'p-1', refuse: false };
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ ...client, redirect_uris: [redirect], id_token_signed_response_alg: algorithm, token_endpoint_auth_method: method }],
    jwks: { keys: [keyPair('RSA', 'rsa-1'), keyPair('EC', 'ec-1')] },
    clientAuthMethods: [method],
    cookies: { keys: ['one key of the tests'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
    async loadExistingGrant({ oidc }) {
      const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  });
  const callback = provider.callback();
  server.on('request', (asked, answer) => {
    if (!asked.url.startsWith('/interaction/')) return callback(asked, answer);
    return provider.interactionFinished(asked, answer, told.refuse ? { error: 'access_denied' } : { login: { accountId: told.who } }, { mergeWithLastSubmission: false });
  });
  return { issuer, told, stop: () => server.close() };
}

/** Says of itself what a provider says, and gives the token that `forge(claims, nonce)` makes: { header, claims, key } or a text. */
export async function startForger() {
  const own = keyPair('RSA', 'own');
  const foreign = keyPair('RSA', 'own');
  const forger = { forge: null, challenge: null, asked: [] };
  const server = createServer((asked, answer) => {
    const url = new URL(asked.url, forger.issuer);
    forger.asked.push(url.pathname);
    answer.setHeader('content-type', 'application/json');
    if (url.pathname === '/.well-known/openid-configuration') {
      answer.end(JSON.stringify({ issuer: forger.issuer, authorization_endpoint: `${forger.issuer}/authorize`, token_endpoint: `${forger.issuer}/token`, jwks_uri: `${forger.issuer}/keys`, ...forger.says }));
    } else if (url.pathname === '/keys') {
      answer.end(JSON.stringify({ keys: [publicPart(own)] }));
    } else {
      const body = [];
      asked.on('data', (part) => body.push(part));
      asked.on('end', () => {
        const verifier = new URLSearchParams(Buffer.concat(body).toString()).get('code_verifier') ?? '';
        forger.proof = createHash('sha256').update(verifier).digest('base64url') === forger.challenge;
        answer.end(JSON.stringify({ access_token: 'x', token_type: 'Bearer', id_token: forger.forge({ own, foreign }) }));
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  forger.issuer = `http://127.0.0.1:${server.address().port}`;
  forger.stop = () => server.close();
  return forger;
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
export function signed(claims, key, header = { alg: 'RS256', kid: 'own' }) {
  const said = `${part(header)}.${part(claims)}`;
  return `${said}.${createSign('sha256').update(said).sign(createPrivateKey({ key, format: 'jwk' })).toString('base64url')}`;
}
export const unsigned = (claims, header) => `${part(header)}.${part(claims)}.`;

export async function configure(dir, issuer, more = {}) {
  const file = join(dir, `provider-${randomUUID()}.json`);
  writeFileSync(file, JSON.stringify({ identity_provider: { name: 'Grove', issuer, ...client, ...more } }), { mode: 0o600 });
  return suture(dir, ['apply', file]);
}

/** A browser that follows redirects, with a jar for each host; resolves to where it ends up. */
export class Browser {
  #jars = new Map();

  jar(url) {
    const { host } = new URL(url);
    if (!this.#jars.has(host)) this.#jars.set(host, new Map());
    return this.#jars.get(host);
  }

  async get(url, { stopAt } = {}) {
    let at = url;
    for (let hops = 0; hops < 12; hops += 1) {
      if (stopAt?.test(at)) return { url: at };
      const jar = this.jar(at);
      const answer = await fetch(at, { redirect: 'manual', headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') } });
      for (const line of answer.headers.getSetCookie()) {
        const [pair] = line.split(';');
        const cut = pair.indexOf('=');
        if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(pair.slice(0, cut));
        else jar.set(pair.slice(0, cut), pair.slice(cut + 1));
      }
      const next = answer.headers.get('location');
      if (!next) return { url: at, status: answer.status, text: await answer.text() };
      await answer.arrayBuffer();
      at = new URL(next, at).href;
    }
    throw new Error(`too many redirects, the last to ${new URL(at).pathname}`);
  }
}
