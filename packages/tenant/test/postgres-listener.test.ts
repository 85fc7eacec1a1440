import { hasPostgres, openPostgresRelay, type PrivatePostgres, startPrivatePostgres } from '@evertoken/testkit';
import { Client, type ClientConfig } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type SetTimer, systemSetTimer } from '../src/clock.ts';
import { callersPatience, connectionConfig } from '../src/store/postgres/postgres-connections.ts';
import { notifyStatement, PostgresListener } from '../src/store/postgres/postgres-listener.ts';

const isMissing = !hasPostgres();
if (isMissing) console.warn('SKIPPED: the tests of who listens to a PostgreSQL: it is not installed here.');

/** Timers of the machine, but the one until the next look is over soon. */
const hurried: SetTimer = (wake, delayMs) => systemSetTimer(wake, delayMs === 30_000 ? 50 : delayMs);

/** One that listens; how often it was woken. */
function listen(config: ClientConfig): { readonly woken: number } {
  const listener = new PostgresListener({ ...config, connectionTimeoutMillis: 500 }, hurried);
  onTestFinished(() => listener.close());
  const heard = { woken: 0 };
  listener.listen(() => {
    heard.woken += 1;
  });
  return heard;
}

// The same as of the token store over PostgreSQL, which has a listener of its own.
describe.skipIf(isMissing)('who listens to a PostgreSQL', () => {
  let postgres: PrivatePostgres;
  let url: string;
  beforeAll(async () => {
    postgres = await startPrivatePostgres();
    url = await postgres.newDatabase();
  }, 120_000);
  afterAll(() => postgres?.stop());

  async function run(statement: string, values: string[] = []): Promise<unknown[]> {
    const client = new Client(url);
    await client.connect();
    try {
      return (await client.query(statement, values)).rows;
    } finally {
      await client.end();
    }
  }
  const listening = "from pg_stat_activity where query like '%evertoken_tenant' and pid <> pg_backend_pid()";
  const notify = (): Promise<unknown[]> => run(notifyStatement, ['1']);

  it('is woken by what is written, and after a cut, because something may have been missed', async () => {
    const heard = listen(connectionConfig(url, callersPatience));
    await expect.poll(() => heard.woken).toBe(1);
    await notify();
    await expect.poll(() => heard.woken).toBe(2);
    expect(await run(`select pg_terminate_backend(pid) ${listening}`)).toHaveLength(1);
    await expect.poll(() => heard.woken).toBe(3);
    await notify();
    await expect.poll(() => heard.woken).toBe(4);
  });

  it('tries again and again where something takes the connection and says nothing', async () => {
    const { relay, config } = await openPostgresRelay(url);
    relay.hold();
    const heard = listen({ ...connectionConfig(url, callersPatience), connectionString: undefined, ...config });
    await expect.poll(() => relay.connections).toBeGreaterThan(2);
    expect(heard.woken).toBe(0);
    relay.letGo();
    await expect.poll(() => heard.woken).toBe(1);
    await notify();
    await expect.poll(() => heard.woken).toBe(2);
  });

  it('finds out that its connection is dead, though nobody cut it', { timeout: 20_000 }, async () => {
    const { relay, config } = await openPostgresRelay(url);
    const heard = listen({ ...connectionConfig(url, callersPatience), connectionString: undefined, ...config });
    await expect.poll(() => run(`select 1 ${listening} and query like 'select 1 %'`)).not.toHaveLength(0);
    expect(heard.woken).toBe(1);
    relay.hold();
    // An answer is waited for so long.
    await expect.poll(() => relay.connections, { timeout: 15_000 }).toBeGreaterThan(1);
    relay.letGo();
    await expect.poll(() => heard.woken).toBe(2);
    await notify();
    await expect.poll(() => heard.woken).toBe(3);
  });

  it('is probed by the kernel where nothing comes', () => {
    expect(connectionConfig(url, callersPatience)).toMatchObject({ keepAlive: true, keepAliveInitialDelayMillis: 10_000 });
  });
});
