import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { startMeasuredProcess } from '../measured-process.mjs';

const FILL_FOLDER = new URL('tenant-process.mjs', import.meta.url);

/** Places for tenants to live at: `new(kind)` an empty one, `filled(kind, count)` one with `count` clients. */
export async function openPlaces({ say, folder, keep }) {
  const postgres = await openPostgres(say, keep);
  const create = async (kind) => ({
    home: join(folder, `${kind}-${randomUUID()}`),
    store: kind === 'postgres' ? { kind, url: await postgres.newDatabase() } : { kind },
  });
  return {
    /** The databases there are. */
    kinds: postgres === undefined ? ['sqlite'] : ['sqlite', 'postgres'],
    new: create,
    async filled(kind, count) {
      const place = await create(kind);
      // A process of its own: what it took to fill it is not what it takes to run it.
      const { call, end } = startMeasuredProcess(FILL_FOLDER);
      try {
        await call('fill', { place, count });
      } finally {
        await end();
      }
      return place;
    },
  };
}

/** Undefined where its programs are not installed. */
async function openPostgres(say, keep) {
  const { hasPostgres, startPrivatePostgres } = await import('@evertoken/testkit');
  if (!hasPostgres()) {
    say('PostgreSQL is not installed here, and left out; on Debian: apt-get install postgresql.');
    return undefined;
  }
  const postgres = await startPrivatePostgres();
  keep({ end: () => postgres.stop() });
  return postgres;
}

export const kindNames = { memory: 'in memory', sqlite: 'SQLite', postgres: 'PostgreSQL' };
