import { AgentError, type AgentErrorFacts } from '../agent-error.ts';
import type { AgentConfig } from './agent-config.ts';
import type { ConfigProblem } from './config-problem.ts';

/** Problems of references whose variable, file or command cannot be read or used now, with the part of the config that each is of: `tokens.NAME` or `store`. */
export type UnreadReferences = Map<ConfigProblem, string>;

/** `config_invalid` for nothing but references that cannot be read now. An agent that runs with the same ones has what they led to, and reads secrets at the next mint. */
export class UnreadReferencesError extends AgentError {
  /** What was read. Parts with such a reference are not whole. */
  readonly config: AgentConfig;
  readonly parts: readonly string[];

  constructor(facts: AgentErrorFacts & { readonly config: AgentConfig; readonly parts: readonly string[] }) {
    super('config_invalid', facts);
    this.config = facts.config;
    this.parts = facts.parts;
  }
}

/**
 * The config that a reload may take although references in it could not be read: each of them is of a part that stands in `running` as it stands in the new one, and
 * that part goes on as it is. So a right that is taken away ends, whatever else is amiss. Undefined for any other error.
 */
export function despiteUnread(error: unknown, running: AgentConfig): AgentConfig | undefined {
  if (!(error instanceof UnreadReferencesError) || !error.parts.every((part) => isAsBefore(part, error.config, running))) return undefined;
  const { config, parts, problems } = error;
  const former = new Map(running.tokens.filter(({ name }) => parts.includes(`tokens.${name}`)).map((token) => [token.name, token]));
  const notes = problems.map(({ path, line, message }) => {
    const place = line === undefined ? path : `line ${line}, ${path}`;
    return `${place}: ${message}; until then what the agent has goes on`;
  });
  return {
    ...config,
    tokens: config.tokens.map((token) => ({ ...(former.get(token.name) ?? token), places: token.places })),
    store: parts.includes('store') ? running.store : config.store,
    notes: [...config.notes, ...notes],
  };
}

/** Whether `part` is written down alike in both. What is not shown, because it could be a secret, cannot be compared. */
function isAsBefore(part: string, one: AgentConfig, other: AgentConfig): boolean {
  const written = ({ file, values }: AgentConfig): string =>
    JSON.stringify([file, values.filter(({ key }) => key === part || key.startsWith(`${part}.`)).map(({ key, value }) => [key, value])]);
  const text = written(one);
  return text === written(other) && !text.includes('(literal)');
}
