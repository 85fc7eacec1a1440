import type { Clock } from '@evertoken/client';
import type { Log, ServiceNotifier } from '@evertoken/service';
import { AgentError } from '../agent-error.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import type { ConfigProblem } from '../config/config-problem.ts';
import type { ConfigState } from '../config/config-state.ts';
import { despiteUnread } from '../config/unread-references.ts';
import { configDifference } from './config-difference.ts';
import { isMountedAlone } from './mounted-alone.ts';

/** What became of a reload. */
export type ReloadOutcome =
  | {
      readonly isApplied: true;
      /** Number of the config: 1 at the start, one more with each reload that is taken. */
      readonly generation: number;
      /** What changed, in words; empty where nothing did. */
      readonly changes: readonly string[];
      /** What takes effect at the next start only. */
      readonly needsRestart: readonly string[];
      /** What could not be put into effect though the config was taken, in words; mostly empty. */
      readonly notInEffect: readonly string[];
      /** What else is to be known of the config, in words: references that cannot be read now, a file that cannot be seen to change. */
      readonly notes: readonly string[];
    }
  | {
      /** The former config is still in effect; only addresses that `message` calls lost are gone. */
      readonly isApplied: false;
      readonly message: string;
      readonly step: string;
      /** Every finding in the config; empty where the reload failed for another reason. */
      readonly problems: readonly ConfigProblem[];
    };

/** What came of a config that was put into effect. */
export interface AppliedConfig {
  /** Which addresses were opened and closed, in words. */
  readonly changes: readonly string[];
  /** What of it could not be put into effect, in words; mostly empty. The log has the whole story. */
  readonly notInEffect: readonly string[];
}

/** Who edits the file and then asks for a reload finds that the watch has reloaded it already. For this long such a reload still tells what that changed. */
const followedLatelyMs = 10_000;

/** Takes new configs one after the other: each whole, or not at all. */
export class Reloader {
  readonly #tools: {
    readonly clock: Clock;
    readonly log: Log;
    readonly notifier: ServiceNotifier | undefined;
    readonly onReload: (() => Promise<void>) | undefined;
  };
  readonly #load: (() => Promise<AgentConfig>) | undefined;
  readonly #apply: (next: AgentConfig) => Promise<AppliedConfig>;
  /** The config of the start: parts of it stay in effect until the next start. */
  readonly #first: AgentConfig;
  #current: AgentConfig;
  #state: ConfigState;
  #last: Promise<unknown> = Promise.resolve();
  /** What a reload because of a changed file has changed, until somebody asks for a reload. */
  #followed: { readonly changes: readonly string[]; readonly at: number } | undefined;
  #isClosed = false;

  /** `apply` puts a config into effect; it throws only while the former one is still in effect, whole. */
  constructor(
    first: AgentConfig,
    parts: {
      readonly load: (() => Promise<AgentConfig>) | undefined;
      readonly apply: (next: AgentConfig) => Promise<AppliedConfig>;
      readonly clock: Clock;
      readonly log: Log;
      readonly notifier: ServiceNotifier | undefined;
      /** Called and awaited after each reload, also after a refused one. */
      readonly onReload?: (() => Promise<void>) | undefined;
    },
  ) {
    const { load, apply, onReload, ...tools } = parts;
    this.#first = first;
    this.#current = first;
    this.#load = load;
    this.#apply = apply;
    this.#tools = { ...tools, onReload };
    this.#state = { generation: 1, loadedAt: tools.clock.now(), problem: undefined, needsRestart: [], reloads: { applied: 0, refused: 0 } };
  }

  get state(): ConfigState {
    return this.#state;
  }

  /** Takes `config`, or else reads the file again; after all reloads that were asked for before. Never rejects. */
  reload(config?: AgentConfig): Promise<ReloadOutcome> {
    return this.#inTurn(() => this.#asked(config));
  }

  /** Reads the file again because it has changed. */
  follow(): Promise<ReloadOutcome> {
    return this.#inTurn(async () => {
      const outcome = await this.#reload(undefined);
      const changes = [...this.#takeFollowed(), ...(outcome.isApplied ? outcome.changes : [])];
      this.#followed = { changes, at: this.#tools.clock.monotonic() };
      return outcome;
    });
  }

  #inTurn(work: () => Promise<ReloadOutcome>): Promise<ReloadOutcome> {
    const outcome = this.#last.then(work);
    this.#last = outcome;
    return outcome;
  }

  /** Refuses further reloads; resolves when none is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }

  async #asked(config: AgentConfig | undefined): Promise<ReloadOutcome> {
    const outcome = await this.#reload(config);
    return outcome.isApplied ? { ...outcome, changes: [...this.#takeFollowed(), ...outcome.changes] } : outcome;
  }

  #takeFollowed(): readonly string[] {
    const followed = this.#followed;
    this.#followed = undefined;
    return followed !== undefined && this.#tools.clock.monotonic() - followed.at < followedLatelyMs ? followed.changes : [];
  }

  async #reload(given: AgentConfig | undefined): Promise<ReloadOutcome> {
    const { clock, log, notifier, onReload } = this.#tools;
    if (this.#isClosed) return { isApplied: false, message: 'The agent is stopping', step: 'Start it again.', problems: [] };
    void notifier?.reloading();
    let outcome: ReloadOutcome;
    try {
      const next = given ?? (await this.#loadOrThrow());
      const { changes } = configDifference(this.#current, next);
      const { needsRestart } = configDifference(this.#first, next);
      const applied = await this.#apply(next);
      const { notInEffect } = applied;
      const all = [...changes, ...applied.changes];
      this.#current = next;
      const generation = this.#state.generation + 1;
      const reloads = { ...this.#state.reloads, applied: this.#state.reloads.applied + 1 };
      this.#state = { generation, loadedAt: clock.now(), problem: undefined, needsRestart, reloads };
      const notes = [...next.notes, ...(all.length === 0 && given === undefined ? await notesOfUnchanged(next) : [])];
      outcome = { isApplied: true, generation, changes: all, needsRestart, notInEffect, notes };
      for (const note of notes) log.warn({ event: 'config.note' }, note);
      const facts = { event: 'config.reloaded', generation, changes: all, needs_restart: needsRestart, not_in_effect: notInEffect };
      log.info(facts, `took the config anew: ${all.length === 0 ? 'nothing changed' : all.join('; ')}`);
      if (needsRestart.length > 0)
        log.warn(
          { event: 'config.needs_restart', needs_restart: needsRestart },
          `changed, but in effect after a restart only: ${needsRestart.join(', ')}`,
        );
    } catch (error) {
      outcome = refused(error);
      const reloads = { ...this.#state.reloads, refused: this.#state.reloads.refused + 1 };
      this.#state = { ...this.#state, problem: outcome.message, reloads };
      log.error({ event: 'config.refused', step: outcome.step, problems: outcome.problems }, `kept the former config: ${outcome.message}`);
    }
    await onReload?.().catch((error: unknown) => log.error({ event: 'config.aftermath', err: error }, 'what follows a reload failed'));
    void notifier?.ready(outcome.isApplied ? 'took the config anew' : `kept the former config: ${outcome.message}`);
    return outcome;
  }

  async #loadOrThrow(): Promise<AgentConfig> {
    if (this.#load !== undefined) {
      return await this.#load().catch((error: unknown) => {
        const config = despiteUnread(error, this.#current);
        if (config === undefined) throw error;
        return config;
      });
    }
    const problem = 'This agent was started with a config that is written nowhere';
    throw new AgentError('config_invalid', { problem, step: 'Start it anew.' });
  }
}

async function notesOfUnchanged({ file }: AgentConfig): Promise<readonly string[]> {
  if (file === undefined || !(await isMountedAlone(file))) return [];
  return [
    `${file} is mounted by itself, so that a file put in its place outside is not seen here: mount its folder, or restart the agent's container`,
  ];
}

function refused(error: unknown): Extract<ReloadOutcome, { isApplied: false }> {
  const message = error instanceof Error ? error.message : String(error);
  const { step } = error as { step?: unknown };
  const problems = error instanceof AgentError ? error.problems : [];
  return { isApplied: false, message, step: typeof step === 'string' ? step : 'Mend it and reload.', problems };
}
