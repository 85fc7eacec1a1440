import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ManualClock } from '@evertoken/testkit';
import { onTestFinished } from 'vitest';
import { type AgentSetup, type RunningAgent, startRunningAgent } from './a-running-agent.ts';

/** An agent that watches and reloads its config; its clock stands unless it is moved, so that no change is seen before it is asked for. */
export interface ReloadableAgent extends RunningAgent {
  /** Writes the config with each `[from, to]` of it replaced, whole at once, and tells the agent nothing. */
  edit(...changes: readonly (readonly [string | RegExp, string])[]): Promise<void>;
}

/** Two tokens, and an app that reads both. */
export const twoTokens: NonNullable<AgentSetup['yaml']> = (issuer, hashOf) => `
tokens:
  management: { token_endpoint: "${issuer}", client_id: m2m, client_secret: issuer-s3cret, audience: "urn:management" }
  orders: { token_endpoint: "${issuer}", client_id: m2m, client_secret: issuer-s3cret, audience: "urn:orders" }
apps:
  report: { key_sha256: ${hashOf('report')}, tokens: [management, orders] }
listen: ["http://127.0.0.1:0"]
`;

/** Starts one; it ends with the test. */
export async function startReloadableAgent(setup: AgentSetup = {}): Promise<ReloadableAgent> {
  const running = await startRunningAgent({ yaml: twoTokens, isReloadable: true, clock: new ManualClock(), ...setup });
  onTestFinished(() => running.close());
  const file = join(running.home, 'evertoken.yaml');
  return {
    ...running,
    async edit(...changes) {
      const text = changes.reduce((text, [from, to]) => text.replace(from, to), await readFile(file, 'utf8'));
      await writeFile(`${file}.new`, text);
      await rename(`${file}.new`, file);
    },
  };
}

/** Waits for it, however long it takes. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate();
}
