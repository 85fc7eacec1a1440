import { Agent } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { ManagementClient } from 'auth0';
import express, { type NextFunction, type Request, type Response } from 'express';
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer';
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, importSPKI, jwtVerify } from 'jose';
import { JwksClient } from 'jwks-rsa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AdministeredTenant, administeredTenant } from './administered-tenant.ts';

const api = 'https://api.travel.example/';

/** What an API accepts tokens with. Throws where it does not accept one. */
interface Verifier {
  verify(token: string): Promise<unknown>;
  close(): Promise<void>;
}

const withJose = ({ tenant, fetch }: AdministeredTenant): Verifier => {
  const url = new URL(`${tenant.url}/.well-known/jwks.json`);
  const keys = createRemoteJWKSet(url, { [customFetch]: fetch, cooldownDuration: 0 });
  return {
    verify: async (token) => (await jwtVerify(token, keys, { issuer: tenant.issuer, audience: api, algorithms: ['RS256'] })).payload,
    close: () => Promise.resolve(),
  };
};

const withJwksRsa = ({ tenant }: AdministeredTenant): Verifier => {
  const requestAgent = new Agent({ ca: tenant.ca });
  const client = new JwksClient({ jwksUri: `${tenant.url}/.well-known/jwks.json`, cache: true, requestAgent });
  return {
    verify: async (token) => {
      const key = await client.getSigningKey(decodeProtectedHeader(token).kid);
      const publicKey = await importSPKI(key.getPublicKey(), 'RS256');
      return (await jwtVerify(token, publicKey, { issuer: tenant.issuer, audience: api })).payload;
    },
    close: () => Promise.resolve(requestAgent.destroy()),
  };
};

const withExpress = async ({ tenant }: AdministeredTenant): Promise<Verifier> => {
  const agent = new Agent({ ca: tenant.ca });
  const app = express();
  app.use(auth({ issuerBaseURL: tenant.issuer, audience: api, agent, cooldownDuration: 0 }));
  app.get('/bookings', requiredScopes('read:bookings'), (request, response) => void response.json(request.auth?.payload));
  app.use((error: { status?: number; message: string }, _request: Request, response: Response, _next: NextFunction) => {
    response.status(error.status ?? 500).json({ message: error.message });
  });
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  const { port } = server.address() as AddressInfo;
  return {
    verify: async (token) => {
      const headers = { authorization: `Bearer ${token}`, connection: 'close' };
      const response = await fetch(`http://127.0.0.1:${port}/bookings`, { headers });
      const body = (await response.json()) as { message?: string };
      if (response.status !== 200) throw new Error(`${response.status} ${body.message}`);
      return body;
    },
    close: async () => {
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

describe.each([
  ['jose', withJose, /no applicable key found/],
  ['jwks-rsa', withJwksRsa, /Unable to find a signing key/],
  ['express-oauth2-jwt-bearer', withExpress, /^401 .*no applicable key found/],
] as const)('a token of the tenant at an API with %s, unmodified', (_name, verifierOf, refused) => {
  let running: AdministeredTenant;
  const open: Verifier[] = [];

  beforeAll(async () => {
    running = await administeredTenant({
      applications: [
        { name: 'Reader', grants: { [api]: ['read:bookings'] } },
        { name: 'Elsewhere', grants: { 'https://other.example/': ['read:bookings'] } },
      ],
    });
  });

  afterAll(async () => {
    await Promise.all(open.map((verifier) => verifier.close()));
    await running?.close();
  });

  async function verifier(): Promise<Verifier> {
    const made = await verifierOf(running);
    open.push(made);
    return made;
  }
  // A new one each time: what it keeps is signed with a key that may go.
  const management = () => new ManagementClient({ ...running.management });
  const nextKid = async () => (await management().keys.signing.list()).find((key) => key.next)?.kid;
  const token = () => running.tenant.token({ application: 'Reader', audience: api });
  const claims = () => ({
    iss: running.tenant.issuer,
    aud: api,
    azp: running.tenant.credentials('Reader').clientId,
    scope: 'read:bookings',
  });
  const kid = (of: string) => decodeProtectedHeader(of).kid ?? '';

  it('is taken before, across and after a rotation of the signing keys, and refused when its key is revoked', async () => {
    // The key that is to be the next one of a new tenant comes after its start.
    await expect.poll(nextKid).toEqual(expect.any(String));
    const next = await nextKid();
    const atWork = await verifier();
    const before = await token();
    expect(await atWork.verify(before)).toMatchObject(claims());

    await management().keys.signing.rotate();
    const after = await token();
    expect(kid(after)).toBe(next);
    expect(kid(after)).not.toBe(kid(before));
    // By the API that was at work all the time, whose keys are those of before, and by one that starts now.
    for (const one of [atWork, await verifier()]) {
      expect(await one.verify(before)).toMatchObject(claims());
      expect(await one.verify(after)).toMatchObject(claims());
    }

    await management().keys.signing.revoke(kid(before));
    const restarted = await verifier();
    expect(await restarted.verify(after)).toMatchObject(claims());
    await expect(restarted.verify(before)).rejects.toThrow(refused);
  });

  it('is taken across rotations that follow each other, by an API that was at work all the time', async () => {
    const atWork = await verifier();
    await atWork.verify(await token());
    const kids = new Set<string>();
    for (let time = 0; time < 2; time += 1) {
      await management().keys.signing.rotate();
      const fresh = await token();
      kids.add(kid(fresh));
      expect(await atWork.verify(fresh)).toMatchObject(claims());
    }
    expect(kids.size).toBe(2);
  });

  it('is refused where it is for another API, was changed, or is too old', async () => {
    const one = await verifier();
    const good = await token();
    const elsewhere = await running.tenant.token({ application: 'Elsewhere', audience: 'https://other.example/' });
    await expect(one.verify(elsewhere)).rejects.toThrow(/aud/);
    const [header, payload = '', signature] = good.split('.');
    const enlarged = { ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), scope: 'read:bookings delete:bookings' };
    const forged = [header, Buffer.from(JSON.stringify(enlarged)).toString('base64url'), signature].join('.');
    await expect(one.verify(forged)).rejects.toThrow(/signature verification failed/);
    running.tenant.shiftClock(-2 * 86_400_000);
    const old = await token();
    running.tenant.shiftClock(2 * 86_400_000);
    await expect(one.verify(old)).rejects.toThrow(/exp/);
  });
});

describe('express-oauth2-jwt-bearer, unmodified', () => {
  it('lets a token without the scope through to nothing that needs it', async () => {
    const running = await administeredTenant({ applications: [{ name: 'Nobody', grants: { [api]: [] } }] });
    const one = await withExpress(running);
    try {
      const bare = await running.tenant.token({ application: 'Nobody', audience: api });
      await expect(one.verify(bare)).rejects.toThrow(/^403 /);
    } finally {
      await one.close();
      await running.close();
    }
  });
});
