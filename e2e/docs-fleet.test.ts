import {
  hasPostgres,
  hasRedis,
  type PrivatePostgres,
  type PrivateRedis,
  startPrivatePostgres,
  startPrivateRedis,
} from '@evertoken/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type DocumentedIssuer, startDocumentedIssuer } from './docs/documented-issuer.ts';
import { readPage } from './docs/markdown-block.ts';
import { stagePage } from './docs/page-stage.ts';
import { playPage } from './docs/play-page.ts';

const isMissing = !hasRedis() || !hasPostgres();
if (isMissing) console.warn('SKIPPED: the pages about fleets: Redis or PostgreSQL is not installed here.');

describe.skipIf(isMissing)('the pages about fleets, typed into a terminal from their beginning to their end', () => {
  let issuer: DocumentedIssuer;
  let redis: PrivateRedis;
  let postgres: PrivatePostgres;

  beforeAll(async () => {
    [issuer, redis, postgres] = await Promise.all([startDocumentedIssuer(), startPrivateRedis(), startPrivatePostgres()]);
  });

  afterAll(async () => {
    await Promise.all([issuer?.close(), redis?.stop(), postgres?.stop()]);
  });

  async function play(path: string): Promise<void> {
    await redis.command('FLUSHALL');
    await issuer.tenant.reset();
    const page = await readPage(path);
    const besides = {
      'redis://redis.internal:6379': `redis://127.0.0.1:${redis.port}`,
      'postgresql://tokens@db.internal:5432/app': await postgres.newDatabase(),
    };
    const stage = await stagePage(page, issuer, besides);
    onTestFinished(() => stage.remove());
    await playPage(page, stage);
  }

  it('docs/fleet.md does what it says, and the token is in Redis', { timeout: 480_000 }, async () => {
    await play('docs/fleet.md');
    expect(await redis.command('KEYS', 'evertoken:*:token')).toMatch(/^evertoken:\S+:token\n?$/);
  });

  it('docs/guides/serverless.md does what it says, and its instances cost one request', { timeout: 480_000 }, async () => {
    await play('docs/guides/serverless.md');
    expect(issuer.tenant.tokenRequests).toHaveLength(1);
  });
});
