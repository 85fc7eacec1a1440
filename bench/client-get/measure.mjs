import { startMeasuredProcess } from '../measured-process.mjs';
import { startIssuer } from './issuer.mjs';

const script = new URL('subject-process.mjs', import.meta.url);

/**
 * Starts a subject in a scenario, with an issuer of its own: both keep the subject's time. `issuer` are options of `startIssuer`.
 * Everything ends when `work` does.
 */
export async function withSubject({ subject, scenario, authority, issuer: options, nodeOptions }, work) {
  let running;
  const now = () => running.call('now');
  const issuer = await startIssuer(authority.certificate, { now, ...options });
  running = startMeasuredProcess(script, {
    args: [subject.adapter, scenario],
    env: { NODE_EXTRA_CA_CERTS: authority.caFile },
    nodeOptions,
  });
  try {
    return await work(running.call, issuer);
  } finally {
    await running.end();
    await issuer.close();
  }
}

/** Runs `work` for each item, `lanes` at a time; answers in the order of the items. */
export async function inLanes(items, lanes, work) {
  const results = [];
  let next = 0;
  async function lane() {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await work(items[index]);
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
