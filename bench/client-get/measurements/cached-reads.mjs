import { median, rounded } from '../../statistics.mjs';
import { table } from '../../table.mjs';
import { inLanes, withSubject } from '../measure.mjs';
import { subjects } from '../subjects.mjs';

const ROUNDS = 11;
const issuer = { lifetimeSeconds: 86_400 };
const scenario = 'cached-read';

/** ns and bytes of one read while a fresh token is held. All subjects live at once and take turns, a sample each, round after round. */
export async function measureCachedReads(authority) {
  const turns = [];
  let releaseAll;
  const release = new Promise((resolve) => {
    releaseAll = resolve;
  });
  const held = [];
  for (const subject of subjects) {
    await new Promise((prepared, failed) => {
      const work = async (call, { facts, counts }) => {
        await call('prepare', facts);
        turns.push({ subject, call, samples: [], counts, requestsBefore: counts.requests, note: await call('note') });
        prepared();
        await release;
      };
      held.push(withSubject({ subject, scenario, authority, issuer, nodeOptions: ['--expose-gc'] }, work).catch(failed));
    });
  }
  for (let round = 0; round < ROUNDS; round += 1) for (const turn of turns) turn.samples.push(await turn.call('round'));
  for (const turn of turns) turn.requests = turn.counts.requests - turn.requestsBefore;
  releaseAll();
  await Promise.all(held);

  const bytes = await measureAllocation(authority);
  return turns.map(({ subject, samples, requests, note }, index) => {
    const of = (name) => rounded(median(samples.map((sample) => sample[name])));
    const ratio = (name, base) => rounded(median(samples.map((sample) => sample[name] / sample[base])));
    const overOurs = rounded(median(samples.map((sample, round) => sample.get / turns[0].samples[round].get)));
    const both = (name, base) => ({ ns: of(name), baselineNs: of(base), ratio: ratio(name, base), bytes: rounded(bytes[index][name]) });
    return {
      subject: subject.name,
      version: subject.version,
      note,
      requestsMeanwhile: requests,
      get: { ...both('get', 'promise'), overOurs, baselineBytes: rounded(bytes[index].promise) },
      ...(samples[0].peek === undefined
        ? {}
        : {
            peek: { ...both('peek', 'dateNow'), baselineBytes: rounded(bytes[index].dateNow) },
            clockedPromise: { ...both('clockedPromise', 'promise'), overOurs: ratio('clockedPromise', 'get') },
          }),
    };
  });
}

// In processes of their own: their young generation is made so large that no collection falls into a sample.
function measureAllocation(authority) {
  const nodeOptions = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  return inLanes(subjects, 2, (subject) =>
    withSubject({ subject, scenario, authority, issuer, nodeOptions }, async (call, { facts }) => {
      await call('prepare', facts);
      return call('allocation');
    }),
  );
}

export function cachedReadsTable(results) {
  const [ours] = results;
  const rows = results.map(({ subject, version, get }) => [`${subject} ${version}`, get.ns, get.ratio, get.overOurs, get.bytes]);
  const { get, peek, clockedPromise } = ours;
  rows.push([
    'a plain function: `Date.now()` compare, one shared resolved promise',
    clockedPromise.ns,
    clockedPromise.ratio,
    clockedPromise.overOurs,
    clockedPromise.bytes,
  ]);
  rows.push(['a plain function: one shared resolved promise', get.baselineNs, 1, rounded(1 / get.ratio), get.baselineBytes]);
  const peekRows = [
    ['@evertoken/client `peek()`', peek.ns, peek.ratio, peek.bytes],
    ['one `Date.now()` compare', peek.baselineNs, 1, peek.baselineBytes],
  ];
  return [
    table(['one awaited read of a fresh token', 'ns', '× plain promise', '× ours', 'bytes'], rows),
    table(['one synchronous read', 'ns', '× `Date.now`', 'bytes'], peekRows),
  ].join('\n\n');
}
