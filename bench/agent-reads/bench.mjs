import { inRounds, middle, ratio } from '../agent/rounds.mjs';
import { startAgent } from '../agent/running-agent.mjs';
import { withWorkplace } from '../agent/workplace.mjs';
import { needPrograms, wrk } from '../agent/wrk.mjs';
import { startMeasuredProcess } from '../measured-process.mjs';
import { table } from '../table.mjs';
import { readOnce, reads, requestText } from './reads.mjs';

const CONNECTIONS = 50;

/** Reads of a kept token over HTTP, beside a bare node:http server. Answers what stands in the results file, and the tables to show. */
export async function agentReads(say, { isQuick = false } = {}) {
  needPrograms(say, 'wrk');
  const rounds = isQuick ? 1 : 5;
  const seconds = isQuick ? 1 : 2;
  return await withWorkplace(async (workplace) => {
    const subjects = await startSubjects(workplace);
    const loader = workplace.keep(startMeasuredProcess(new URL('../agent/loader-process.mjs', import.meta.url)));
    const results = {};
    for (const [key, { title, of }] of Object.entries(reads)) {
      say(`${title} …`);
      const ways = waysTo(loader, of, seconds);
      const samples = {};
      for (const [way, load] of Object.entries(ways)) samples[way] = await inRounds(subjects, rounds, (subject) => measure(subject, load));
      results[key] = subjects.map(({ name }, index) => ({
        subject: name,
        ...Object.fromEntries(Object.keys(ways).map((way) => [way, summary(samples[way], index)])),
        unixOverTcp: ratio(samples.unix[index], samples.tcp[index], 'perSecond'),
      }));
    }
    return { results, tables: Object.entries(results).map(([key, rows]) => readsTable(reads[key].title, rows)) };
  });
}

async function startSubjects(workplace) {
  const off = await startAgent(workplace, 'off', { audit: false });
  const file = await startAgent(workplace, 'file', { audit: true });
  const bare = workplace.keep(startMeasuredProcess(new URL('bare-server-process.mjs', import.meta.url)));
  const [get, post] = await Promise.all(Object.values(reads).map(({ of }) => readOnce(off.url, of(off))));
  const socketPath = `${workplace.folder}/bare.sock`;
  const url = await bare.call('start', { socketPath, answers: { GET: get, POST: post } });
  return [
    { name: 'a bare node:http server', ...off, ...bare, url, socketPath },
    { name: 'the agent, audit off', ...off },
    { name: 'the agent, audit in a file', ...file },
  ];
}

/** How a subject is loaded: by wrk over TCP, and by a loader of ours over TCP and over its unix socket. */
function waysTo(loader, of, seconds) {
  const loadAt = (subject, host, place) =>
    loader
      .call('load', { place, request: requestText(host, of(subject)), connections: CONNECTIONS, ms: seconds * 1000 })
      .then(({ requests, ms }) => ({ requests, perSecond: (requests * 1000) / ms }));
  return {
    wrk: (subject) => {
      const { path, ...request } = of(subject);
      return wrk(new URL(path, subject.url).href, { connections: CONNECTIONS, seconds, ...request });
    },
    tcp: (subject) => {
      const { host, hostname, port } = new URL(subject.url);
      return loadAt(subject, host, { host: hostname, port: Number(port) });
    },
    unix: (subject) => loadAt(subject, 'localhost', { path: subject.socketPath }),
  };
}

async function measure(subject, load) {
  const before = await subject.call('cpu');
  const { requests, perSecond } = await load(subject);
  const after = await subject.call('cpu');
  const cpu = after.user + after.system - before.user - before.system;
  return { perSecond, cpuMicroseconds: cpu / requests };
}

function summary(samples, index) {
  const [own, base] = [samples[index], samples[0]];
  const of = (member) => ({ [member]: middle(own, member), [`${member}OverBare`]: ratio(own, base, member) });
  return { ...of('perSecond'), ...of('cpuMicroseconds') };
}

function readsTable(title, rows) {
  const head = [
    `${title}, ${CONNECTIONS} connections`,
    '1/s (wrk)',
    '× bare',
    'CPU µs each',
    '× bare',
    '1/s (TCP)',
    '1/s (unix)',
    '× TCP',
    '× bare',
  ];
  return table(
    head,
    rows.map(({ subject, wrk: { perSecond, perSecondOverBare, cpuMicroseconds, cpuMicrosecondsOverBare }, tcp, unix, unixOverTcp }) => [
      subject,
      Math.round(perSecond),
      perSecondOverBare,
      cpuMicroseconds,
      cpuMicrosecondsOverBare,
      Math.round(tcp.perSecond),
      Math.round(unix.perSecond),
      unixOverTcp,
      unix.perSecondOverBare,
    ]),
  );
}
