import { inRounds, middle, ratio, surplus } from '../agent/rounds.mjs';
import { withWorkplace } from '../agent/workplace.mjs';
import { needPrograms, wrk } from '../agent/wrk.mjs';
import { rounded } from '../statistics.mjs';
import { table } from '../table.mjs';
import { sizes, startApi } from './api.mjs';
import { startSubjects } from './subjects.mjs';

const CONNECTIONS = 50;
const titles = { '/1k': '1 KB', '/100k': '100 KB' };

/** Calls through the proxy, beside nginx and the proxies of Node. Answers what stands in the results file, and the tables to show. */
export async function agentProxy(say, { isQuick = false } = {}) {
  needPrograms(say, 'wrk', 'nginx');
  const rounds = isQuick ? 1 : 5;
  return await withWorkplace(async (workplace) => {
    const api = workplace.keep(await startApi(workplace.folder));
    const subjects = await startSubjects(workplace, api);
    const results = {};
    for (const path of Object.keys(sizes)) {
      say(`GET of ${titles[path]} …`);
      const load = (connections, seconds) => (subject, isWarmUp) =>
        wrk(subject.urlOf(path), { connections, seconds: isWarmUp ? 2 * seconds : seconds, headers: subject.headers });
      // In this order: many requests make code warm, one after the other is the least of them.
      const together = await inRounds(subjects, rounds, load(CONNECTIONS, isQuick ? 1 : 2));
      const alone = await inRounds(subjects, rounds, load(1, 1));
      const nginx = subjects.findIndex(({ name }) => name.startsWith('nginx'));
      results[path.slice(1)] = subjects.map(({ name }, index) => ({
        subject: name,
        p50Microseconds: middle(alone[index], 'p50'),
        addedMicroseconds: surplus(alone[index], alone[0], 'p50'),
        perSecond: middle(together[index], 'perSecond'),
        overNginx: ratio(together[index], together[nginx], 'perSecond'),
        overOurs: ratio(together[index], together[1], 'perSecond'),
        p99Microseconds: middle(together[index], 'p99'),
      }));
    }
    return { results, tables: Object.keys(sizes).map((path) => proxyTable(titles[path], results[path.slice(1)])) };
  });
}

function proxyTable(title, rows) {
  const head = [`GET of ${title}`, 'p50, 1 connection, ms', 'added, ms', `1/s, ${CONNECTIONS} connections`, '× nginx', '× ours', 'p99, ms'];
  const ms = (microseconds) => rounded(microseconds / 1000);
  return table(
    head,
    rows.map(({ subject, p50Microseconds, addedMicroseconds, perSecond, overNginx, overOurs, p99Microseconds }) => [
      subject,
      ms(p50Microseconds),
      ms(addedMicroseconds),
      Math.round(perSecond),
      overNginx,
      overOurs,
      ms(p99Microseconds),
    ]),
  );
}
