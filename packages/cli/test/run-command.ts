import { freshFolder } from '@evertoken/testkit';
import { runProgram } from '../src/program.ts';
import { type Answer, type SeenRequest, startScriptedAgent } from './scripted-agent.ts';
import { aTerminal, type ScriptedTerminal } from './scripted-terminal.ts';

type TerminalFacts = Partial<Parameters<typeof aTerminal>[0]>;

/** The app key that `withAgent` puts into the environment. */
export const secretKey = 'evk_key-of-the-app';

/** The answer of `GET /v1/tokens/NAME`. */
export const aToken = {
  access_token: 'the-live-token',
  token_type: 'Bearer',
  expires_in: 3600,
  fingerprint: '0123456789abcdef',
  state: 'fresh',
};

/** One token of `GET /v1/status`. */
export function aTokenStatus(name: string, changes: object = {}): object {
  const token = { fingerprint: '0123456789abcdef', remaining_seconds: 86_340, runway_seconds: 86_330 };
  const next_mint_at = '2030-01-01T12:00:00.000Z';
  return { name, may_read: true, state: 'fresh', is_usable: true, is_suspect: false, token, next_mint_at, ...changes };
}

/** The answer of `GET /v1/status`. */
export function statusOf(...tokens: object[]): Answer {
  return [200, { app: 'local', tokens }];
}

/** A scripted agent, and a terminal whose environment names it. */
export async function withAgent(
  answers: Record<string, Answer>,
  facts: TerminalFacts = {},
): Promise<{ url: string; seen: SeenRequest[]; cwd: string; terminal: ScriptedTerminal; run: (...args: string[]) => Promise<number> }> {
  const cwd = await freshFolder();
  const agent = await startScriptedAgent(answers);
  const terminal = aTerminal({ cwd, ...facts, env: { EVERTOKEN_URL: agent.url, EVERTOKEN_APP_KEY: secretKey, ...facts.env } });
  return { ...agent, cwd, terminal, run: (...args) => runProgram(args, terminal) };
}

/** Runs a command line in a folder of its own. */
export async function run(args: string[], facts: TerminalFacts = {}): Promise<{ code: number; terminal: ScriptedTerminal }> {
  const terminal = aTerminal({ cwd: await freshFolder(), ...facts });
  return { code: await runProgram(args, terminal), terminal };
}
