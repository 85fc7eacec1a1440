import { rounded } from '../../statistics.mjs';
import { table } from '../../table.mjs';
import { inLanes, withSubject } from '../measure.mjs';
import { subjects } from '../subjects.mjs';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const hourFrom = (from) => ({ from, until: from + HOUR });

/** What is simulated; all in seconds. Several outages are as many runs, and the table has their mean: where in a token's life an outage falls is chance. */
const simulations = [
  {
    key: 'day24h',
    title: 'a day and an hour of 24 h tokens, the issuer down from 23:30 to 24:30; a caller a minute',
    run: { lifetime: DAY, seconds: DAY + HOUR, every: MINUTE },
    outages: [hourFrom(23.5 * HOUR)],
  },
  {
    key: 'day1h',
    title: 'a day of 1 h tokens, the issuer down for an hour; a caller a minute; mean of outages from 12:07, 12:27, 12:47',
    run: { lifetime: HOUR, seconds: DAY, every: MINUTE },
    outages: [7, 27, 47].map((minute) => hourFrom(12 * HOUR + minute * MINUTE)),
  },
  {
    key: 'load300s',
    title: 'an hour of 300 s tokens; a caller every 2 s',
    run: { lifetime: 300, seconds: HOUR, every: 2 },
    outages: [undefined],
  },
];

/** Requests to the issuer, errors and bad tokens of callers while hours pass in seconds. */
export async function measurePassingTime(authority) {
  const jobs = simulations.flatMap(({ key, run, outages }) =>
    subjects.flatMap((subject) => outages.map((outage) => ({ key, run, outage, subject }))),
  );
  const runs = await inLanes(jobs, 2, async (job) => ({ ...job, ...(await simulate(job, authority)) }));
  return Object.fromEntries(
    simulations.map(({ key, title }) => {
      const results = subjects.map(({ name, version }) => {
        const own = runs.filter((run) => run.key === key && run.subject.name === name);
        const each = own.map(({ requests, refused, reads, errors, expired, leastSeconds }) => ({
          requests,
          refused,
          reads,
          errors,
          expired,
          leastSeconds: rounded(leastSeconds),
        }));
        return { subject: name, version, ...meanOf(each), ...(each.length > 1 ? { runs: each } : {}) };
      });
      return [key, { title, results }];
    }),
  );
}

function simulate({ run, outage, subject }, authority) {
  let begin;
  const isDown = (now) => {
    begin ??= now;
    const second = (now - begin) / 1000;
    return outage !== undefined && second >= outage.from && second < outage.until;
  };
  const issuer = { lifetimeSeconds: run.lifetime, isDown };
  return withSubject({ subject, scenario: 'passing-time', authority, issuer }, async (call, { facts, counts }) => {
    const outcome = await call('run', { facts, seconds: run.seconds, everySeconds: run.every });
    return { ...outcome, ...counts };
  });
}

function meanOf(runs) {
  const mean = (key) => rounded(runs.reduce((sum, run) => sum + run[key], 0) / runs.length);
  return {
    requests: mean('requests'),
    refused: mean('refused'),
    reads: mean('reads'),
    errors: mean('errors'),
    expired: mean('expired'),
    leastSeconds: Math.min(...runs.map(({ leastSeconds }) => leastSeconds)),
  };
}

export function passingTimeTables(simulated) {
  return Object.values(simulated).map(({ title, results }) => {
    const head = [title, 'requests', 'in vain', 'reads', 'caller errors', 'expired tokens given', 'least life given, s'];
    const rows = results.map((result) => [
      `${result.subject} ${result.version}`,
      result.requests,
      result.refused,
      result.reads,
      result.errors,
      result.expired,
      result.leastSeconds,
    ]);
    return table(head, rows);
  });
}
