import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRounds, middle, ratio } from '../agent/rounds.mjs';
import { needPrograms } from '../agent/wrk.mjs';
import { rounded } from '../statistics.mjs';
import { table } from '../table.mjs';
import { loadWith } from './load.mjs';
import { writeBodies } from './requests.mjs';
import { startSubjects } from './subjects.mjs';

const CONNECTIONS = 50;

/** Tokens a second, beside a bare node:http server and other issuers. Answers what stands in the results file, and the tables to show. */
export async function tenantTokens(say, { isQuick = false } = {}) {
  needPrograms(say, 'wrk', 'openssl');
  const rounds = isQuick ? 1 : 5;
  const seconds = isQuick ? 1 : 2;
  const folder = await mkdtemp(join(tmpdir(), 'evertoken-bench-'));
  const endings = [() => rm(folder, { recursive: true, force: true })];
  const keep = (thing) => {
    endings.push(() => thing.end());
    return thing;
  };
  try {
    const { clients, distinct, herd } = await startSubjects({ folder, keep });
    const bodies = await writeBodies(folder, clients);
    const load = (kind) => (subject, isWarmUp) =>
      loadWith(subject.url, { connections: CONNECTIONS, seconds: isWarmUp ? 2 * seconds : seconds, bodies: bodies[kind] });
    say('distinct tokens …');
    const ofDistinct = await inRounds(distinct, rounds, load('distinct'));
    say('a herd …');
    const ofHerd = await inRounds(herd, rounds, load('herd'));
    const signatures = signaturesPerSecond(isQuick ? 1 : 3);
    const results = {
      signaturesPerSecond: signatures,
      distinct: distinct.map(({ name }, index) => ({
        ...summary(name, ofDistinct[index], ofDistinct[0]),
        overOurs: ratio(ofDistinct[index], ofDistinct[1], 'perSecond'),
        shareOfSigning: rounded(middle(ofDistinct[index], 'perSecond') / signatures),
      })),
      herd: herd.map(({ name }, index) => summary(name, ofHerd[index], ofHerd[0])),
    };
    return { results, tables: [distinctTable(results), herdTable(results)] };
  } finally {
    for (const end of endings.reverse()) await end();
  }
}

/** What all cores can sign when they do nothing else. */
function signaturesPerSecond(seconds) {
  const text = execFileSync('openssl', ['speed', '-seconds', String(seconds), '-multi', '2', 'rsa2048'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return Number(/^rsa +2048 bits +\S+s +\S+s +(\S+)/m.exec(text)?.[1]);
}

function summary(subject, samples, base) {
  return {
    subject,
    perSecond: middle(samples, 'perSecond'),
    overBare: ratio(samples, base, 'perSecond'),
    p50Microseconds: middle(samples, 'p50'),
    p99Microseconds: middle(samples, 'p99'),
    p99OverP50: middle(samples, 'p99OverP50'),
  };
}

const ms = (microseconds) => rounded(microseconds / 1000);

function distinctTable({ distinct }) {
  return table(
    [`distinct tokens, ${CONNECTIONS} connections`, '1/s', '× bare', '× ours', '× openssl', 'p50, ms', 'p99, ms', 'p99 / p50'],
    distinct.map((row) => [
      row.subject,
      Math.round(row.perSecond),
      row.overBare,
      row.overOurs,
      row.shareOfSigning,
      ms(row.p50Microseconds),
      ms(row.p99Microseconds),
      row.p99OverP50,
    ]),
  );
}

function herdTable({ herd }) {
  return table(
    [`the same token, ${CONNECTIONS} connections`, '1/s', '× bare', 'p50, ms', 'p99, ms'],
    herd.map((row) => [row.subject, Math.round(row.perSecond), row.overBare, ms(row.p50Microseconds), ms(row.p99Microseconds)]),
  );
}
