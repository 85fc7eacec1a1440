import { startAgent } from '../agent/running-agent.mjs';
import { withWorkplace } from '../agent/workplace.mjs';
import { needPrograms } from '../agent/wrk.mjs';
import { startApi } from '../agent-proxy/api.mjs';
import { reads, requestText } from '../agent-reads/reads.mjs';
import { startMeasuredProcess } from '../measured-process.mjs';
import { rounded } from '../statistics.mjs';
import { table } from '../table.mjs';

const CONNECTIONS = 50;
const PARTS = 10;
// The agent looks each ten seconds whether it had work in the last ten.
const REST_MS = 25_000;

/** What memory an agent takes under work, an audit line each. Answers what stands in the results file, and the tables to show. */
export async function agentMemory(say, { isQuick = false } = {}) {
  needPrograms(say, 'nginx');
  const total = isQuick ? { reads: 50_000, calls: 5_000 } : { reads: 1_000_000, calls: 100_000 };
  return await withWorkplace(async (workplace) => {
    const api = workplace.keep(await startApi(workplace.folder));
    const agent = await startAgent(workplace, 'agent', { audit: true, api: api.origin });
    const loader = workplace.keep(startMeasuredProcess(new URL('../agent/loader-process.mjs', import.meta.url)));
    const { host, hostname, port } = new URL(agent.url);
    const load = (request, count) => {
      const place = { host: hostname, port: Number(port) };
      return loader.call('load', { place, request: requestText(host, request), connections: CONNECTIONS, count });
    };
    const read = reads.tokenApi.of(agent);
    const call = { ...read, path: '/proxy/bench/1k' };

    const samples = [await sampleOf(agent, 0, 0)];
    say(`${total.reads} reads and ${total.calls} calls …`);
    for (let part = 1; part <= PARTS; part += 1) {
      await load(read, total.reads / PARTS);
      await load(call, total.calls / PARTS);
      samples.push(await sampleOf(agent, (total.reads * part) / PARTS, (total.calls * part) / PARTS));
    }
    say(`a rest of ${REST_MS / 1000} s …`);
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    const atRest = await sampleOf(agent, total.reads, total.calls);
    const results = { samples, ...summary(samples), atRest };
    return { results, tables: [memoryTable(samples, results)] };
  });
}

async function sampleOf(agent, readCount, callCount) {
  const { rss, heapUsed, external } = await agent.call('memory');
  return { reads: readCount, calls: callCount, rssBytes: rss, heapBytes: heapUsed, externalBytes: external };
}

function summary(samples) {
  const half = samples.slice(PARTS / 2);
  const rss = (list) => list.map(({ rssBytes }) => rssBytes);
  return {
    highestRssBytes: Math.max(...rss(samples)),
    growthOverLastHalfBytes: half.at(-1).rssBytes - half[0].rssBytes,
    spreadOverLastHalfBytes: Math.max(...rss(half)) - Math.min(...rss(half)),
  };
}

function memoryTable(samples, { highestRssBytes, growthOverLastHalfBytes, spreadOverLastHalfBytes, atRest }) {
  const MB = (bytes) => rounded(bytes / 1e6);
  const at = ({ reads: readCount, calls: callCount, rssBytes, heapBytes }) => {
    const count = (number) => number.toLocaleString('en-US').replaceAll(',', ' ');
    return [
      readCount === 0 ? 'after the start' : `after ${count(readCount)} reads and ${count(callCount)} calls`,
      MB(rssBytes),
      MB(heapBytes),
    ];
  };
  const chosen = [samples[0], samples[1], samples[PARTS / 2], samples[PARTS]];
  return table(
    ['the agent, audit in a file', 'RSS, MB', 'heap in use, MB'],
    [
      ...chosen.map(at),
      [`${REST_MS / 1000} s later`, MB(atRest.rssBytes), MB(atRest.heapBytes)],
      ['highest of all', MB(highestRssBytes), null],
      ['growth over the last half', MB(growthOverLastHalfBytes), null],
      ['between lowest and highest of the last half', MB(spreadOverLastHalfBytes), null],
    ],
  );
}
