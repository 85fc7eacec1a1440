import { fileURLToPath } from 'node:url';
import { writeAgentConfig } from '../agent/agent-config.mjs';
import { programs } from '../agent/agent-program.mjs';
import { inRounds, middle, ratio } from '../agent/rounds.mjs';
import { startAgent } from '../agent/running-agent.mjs';
import { withWorkplace } from '../agent/workplace.mjs';
import { table } from '../table.mjs';
import { timeRun, timeStart } from './timed-run.mjs';

const forms = [
  { name: 'as published', program: fileURLToPath(programs.packed) },
  { name: 'from the workspace', program: fileURLToPath(programs.workspace) },
];
const empty = { name: 'an empty program, `node -e 0`' };

/** How long `evertoken token NAME` and the start of an agent take. Answers what stands in the results file, and the tables to show. */
export async function agentCommand(say, { isQuick = false } = {}) {
  return await withWorkplace(async (workplace) => {
    say('evertoken token …');
    const token = await measureToken(workplace, isQuick ? 3 : 41);
    say('start to ready …');
    const start = await measureStart(workplace, isQuick ? 3 : 21);
    return {
      results: { token, start },
      tables: [commandTable('`evertoken token NAME`', token), commandTable('`evertoken start`, a token in the store, until ready', start)],
    };
  });
}

async function measureToken(workplace, rounds) {
  const { home, appKey } = await startAgent(workplace, 'running');
  const subjects = [empty, ...forms];
  const samples = await inRounds(subjects, rounds, ({ program }) => {
    if (program === undefined) return timeRun(['-e', '0']);
    const isRight = (printed) => /^eyJ[\w.-]+\n$/.test(printed);
    return timeRun([program, 'token', 'bench', '--home', home], { env: { EVERTOKEN_APP_KEY: appKey }, isRight });
  });
  return summaries(subjects, samples);
}

async function measureStart(workplace, rounds) {
  const { args, env } = await writeAgentConfig(workplace, 'started');
  const { counts } = workplace.issuer;
  // Fills the store.
  await timeStart([forms[0].program, ...args], { env });
  const minted = counts.requests;
  const subjects = [empty, ...forms];
  const samples = await inRounds(subjects, rounds, ({ program }) =>
    program === undefined ? timeRun(['-e', '0']) : timeStart([program, ...args], { env }),
  );
  if (counts.requests !== minted) throw new Error(`${counts.requests - minted} starts minted a token: the store was not warm.`);
  return summaries(subjects, samples);
}

function summaries(subjects, samples) {
  return subjects.map(({ name }, index) => ({
    subject: name,
    ms: middle(samples[index], 'ms'),
    overEmpty: ratio(samples[index], samples[0], 'ms'),
  }));
}

function commandTable(title, rows) {
  return table(
    [title, 'ms', '× empty'],
    rows.map(({ subject, ms, overEmpty }) => [subject, ms, overEmpty]),
  );
}
