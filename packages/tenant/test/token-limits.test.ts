import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Organization } from '../src/model/organization.ts';
import { runningTenant } from './running-tenant.ts';
import { tenantWith } from './token-parties.ts';

const quota = (of: object): object => ({ client_credentials: of });
const tooMany = (error_description: string): object => ({ error: 'too_many_requests', error_description });

describe('a token quota', () => {
  it('of a client refuses what is beyond it with its headers, until the hour turns', async () => {
    const { tenant, ask } = await tenantWith({ application: { token_quota: quota({ per_hour: 2, per_day: 10, enforce: true }) } });
    const left = [];
    for (const response of [await ask(), await ask()]) {
      expect(response.status).toBe(200);
      expect(response.headers.get('x-ratelimit-limit')).toBe('100');
      left.push(response.headers.get('auth0-client-quota-limit'));
    }
    const [hour, day] = [3_600 - ((tenant.clock.nowMs / 1000) % 3_600), 86_400 - ((tenant.clock.nowMs / 1000) % 86_400)];
    expect(left).toEqual([
      `b=per_hour;q=2;r=1;t=${hour},b=per_day;q=10;r=9;t=${day}`,
      `b=per_hour;q=2;r=0;t=${hour},b=per_day;q=10;r=8;t=${day}`,
    ]);
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(await refused.json()).toEqual(tooMany('Client quota exceeded'));
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'auth0-client-quota-limit': left[1]!,
      'x-ratelimit-limit': '2',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(tenant.clock.nowMs / 1000 + hour),
      'retry-after': String(hour),
      'content-type': 'application/json',
    });
    tenant.clock.nowMs += hour * 1000;
    expect((await ask()).status).toBe(200);
  });

  it('holds for requests that come at once', async () => {
    const { ask } = await tenantWith({ application: { token_quota: quota({ per_day: 3 }) }, api: { token_dialect: 'rfc9068_profile' } });
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask()));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
  });

  it('counts tokens alone, not what is refused for other reasons', async () => {
    const { ask } = await tenantWith({ application: { token_quota: quota({ per_day: 1 }) } });
    for (const wrong of [{ client_secret: 'x' }, { audience: 'https://unknown.example/' }, { scope: 'none' }]) {
      const refused = await ask(wrong);
      expect([401, 403]).toContain(refused.status);
      expect(refused.headers.has('auth0-client-quota-limit')).toBe(false);
    }
    expect((await ask()).status).toBe(200);
    expect((await ask()).status).toBe(429);
    // Only who proves to be the client learns that.
    expect((await ask({ client_secret: 'x' })).status).toBe(401);
  });

  it('that is not enforced only counts', async () => {
    const { ask } = await tenantWith({ application: { token_quota: quota({ per_day: 1, enforce: false }) } });
    const answers = [await ask(), await ask()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[1]!.headers.get('auth0-client-quota-limit')).toMatch(/^b=per_day;q=1;r=0;t=\d+$/);
  });

  it('of the tenant is for clients and organizations that have none of their own', async () => {
    const organization: Organization = { id: 'org_0000000000000000', name: 'one', properties: {} };
    const { ask } = await tenantWith({
      grant: { organizationUsage: 'allow', allowAnyOrganization: true },
      settings: { default_token_quota: { clients: quota({ per_day: 5 }), organizations: quota({ per_day: 1 }) } },
      records: () => ({ organizations: [organization] }),
    });
    const first = await ask({ organization: organization.id });
    expect(first.status).toBe(200);
    expect(first.headers.get('auth0-client-quota-limit')).toMatch(/^b=per_day;q=5;r=4;/);
    expect(first.headers.get('auth0-organization-quota-limit')).toMatch(/^b=per_day;q=1;r=0;/);
    const second = await ask({ organization: organization.id });
    expect(second.status).toBe(429);
    expect(await second.json()).toEqual(tooMany('Organization quota exceeded'));
    expect(second.headers.get('auth0-organization-quota-limit')).toMatch(/;r=0;/);
    expect(second.headers.get('auth0-client-quota-limit')).toMatch(/;r=4;/);
    expect(second.headers.get('x-ratelimit-limit')).toBe('1');
    const without = await ask();
    expect(without.status).toBe(200);
    expect(without.headers.has('auth0-organization-quota-limit')).toBe(false);
  });

  it('goes on from what was counted when the tenant starts again', async () => {
    const { tenant, own, ask } = await tenantWith({ application: { token_quota: quota({ per_day: 1 }) } });
    expect((await ask()).status).toBe(200);
    await tenant.close();
    const again = await runningTenant({ path: tenant.path, clock: tenant.clock });
    expect((await again.ask(own.request)).status).toBe(429);
  });
});

describe('a rate limit', () => {
  it('of the plan refuses what is beyond it, with the headers of the bucket, until its window ends', async () => {
    const { tenant, ask } = await tenantWith({}, { rateLimitPlan: 'private-dev' });
    const second = tenant.clock.nowMs / 1000;
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask()));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(await refused.json()).toEqual(tooMany('Global limit has been reached'));
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'private, no-store, no-cache, must-revalidate, post-check=0, pre-check=0, no-transform',
      'x-ratelimit-limit': '20',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(second + 1),
    });
    expect(refused.headers.has('retry-after')).toBe(false);
    tenant.clock.nowMs += 1_000;
    const token = (await (await ask()).json()) as { access_token: string };
    expect(decodeJwt(token.access_token).iat).toBe(second + 1);
  });

  it('counts wrong secrets and wrong methods as well', async () => {
    const { tenant, ask } = await tenantWith({}, { rateLimitPlan: 'private-dev' });
    for (let count = 0; count < 10; count += 1) {
      expect((await ask({ client_secret: 'x' })).status).toBe(401);
      expect((await fetch(`${tenant.url}/oauth/token`)).status).toBe(404);
    }
    expect((await ask()).status).toBe(429);
  });

  it('of the plan Free leaves the JWKS a bucket of its own', async () => {
    const { tenant, ask } = await tenantWith({}, { rateLimitPlan: 'free' });
    const url = `${tenant.url}/.well-known/jwks.json`;
    for (let left = 19; left >= 0; left -= 1) expect((await fetch(url)).headers.get('x-ratelimit-remaining')).toBe(String(left));
    const refused = await fetch(url);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toEqual(tooMany('Endpoint limit has been reached'));
    expect((await ask()).status).toBe(200);
  });
});
