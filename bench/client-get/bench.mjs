import { throwAwayCertificate } from './certificate.mjs';
import { cachedReadsTable, measureCachedReads } from './measurements/cached-reads.mjs';
import { callersAtOnceTable, measureCallersAtOnce } from './measurements/callers-at-once.mjs';
import { measurePassingTime, passingTimeTables } from './measurements/passing-time.mjs';

/** Getting a token: our client beside others. Answers what stands in the results file, and the tables to show. */
export async function clientGet(say) {
  const authority = await throwAwayCertificate();
  try {
    say('cached reads …');
    const cachedReads = await measureCachedReads(authority);
    say('a thousand callers at once …');
    const callersAtOnce = await measureCallersAtOnce(authority);
    say('simulated days and hours …');
    const passingTime = await measurePassingTime(authority);
    return {
      results: { cachedReads, callersAtOnce, passingTime },
      tables: [cachedReadsTable(cachedReads), callersAtOnceTable(callersAtOnce), ...passingTimeTables(passingTime)],
    };
  } finally {
    await authority.remove();
  }
}
