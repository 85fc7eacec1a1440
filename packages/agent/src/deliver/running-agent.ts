import type { ConfigState } from '../config/config-state.ts';

/** What pages and metrics tell of the agent itself. */
export interface RunningAgent {
  readonly version: string;
  /** Epoch ms. */
  readonly startedAt: number;
  /** Path of the config file; undefined where there is none. */
  readonly configFile: string | undefined;
  /** Where it listens, as text. */
  urls(): readonly string[];
  config(): ConfigState;
}
