import { rounded } from '../../statistics.mjs';
import { table } from '../../table.mjs';
import { withSubject } from '../measure.mjs';
import { subjects } from '../subjects.mjs';

const CALLERS = 1_000;
const LIFETIME_SECONDS = 3_600;
const issuer = { lifetimeSeconds: LIFETIME_SECONDS, delayMs: 50 };
const scenario = 'callers-at-once';

/** Requests to the issuer for a thousand callers in the same moment: with no token yet, and a second after the token's end. */
export async function measureCallersAtOnce(authority) {
  const results = [];
  for (const subject of subjects) {
    const cold = await withSubject({ subject, scenario, authority, issuer }, async (call, { facts, counts }) => {
      await call('make', facts);
      const { ms, errors, tokens } = await call('callAtOnce', { callers: CALLERS });
      return { requests: counts.requests, tokens, errors, ms: rounded(ms) };
    });
    const atExpiry = await withSubject({ subject, scenario, authority, issuer }, async (call, { facts, counts }) => {
      await call('make', facts);
      await call('warmAndPass', { seconds: LIFETIME_SECONDS + 1 });
      const ahead = counts.requests - 1;
      const { ms, errors, tokens } = await call('callAtOnce', { callers: CALLERS });
      return { requests: counts.requests - 1, ahead, tokens, errors, ms: rounded(ms) };
    });
    results.push({ subject: subject.name, version: subject.version, cold, atExpiry });
  }
  return results;
}

export function callersAtOnceTable(results) {
  const head = [
    '1 000 callers in one moment',
    'requests, cold',
    'requests, at expiry',
    'of these before the callers came',
    'caller errors',
  ];
  const rows = results.map(({ subject, version, cold, atExpiry }) => [
    `${subject} ${version}`,
    cold.requests,
    atExpiry.requests,
    atExpiry.ahead,
    cold.errors + atExpiry.errors,
  ]);
  return table(head, rows);
}
