import type { AgentConfig } from '../config/agent-config.ts';

/** What differs between two configs, in words. Holds no secret. */
export interface ConfigDifference {
  /** What takes effect at once. */
  readonly changes: readonly string[];
  /** What takes effect at the next start. */
  readonly needsRestart: readonly string[];
}

/** The parts of a config that are read at the start alone, and what people call them. */
const fixed = { store: 'store', policy: 'policy', audit: 'audit', outbound: 'proxy and CA variables' } as const;

/** Tells what a reload from `before` to `after` changes. */
export function configDifference(before: AgentConfig, after: AgentConfig): ConfigDifference {
  const changes = [
    ...namedChanges('token', before.tokens, after.tokens),
    ...namedChanges('app', before.apps, after.apps),
    ...namedChanges('file', withNames(before.files), withNames(after.files)),
    ...(['hosts', 'passThrough', 'tls', 'allowRemote'] as const)
      .filter((key) => !isSame(before[key], after[key]))
      .map((key) => `${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)} changed`),
  ];
  const keys = Object.keys(fixed) as (keyof typeof fixed)[];
  return { changes, needsRestart: keys.filter((key) => !isSame(before[key], after[key])).map((key) => fixed[key]) };
}

function namedChanges<Part extends { readonly name: string }>(what: string, before: readonly Part[], after: readonly Part[]): string[] {
  const former = new Map(before.map((part) => [part.name, part]));
  const now = new Set(after.map(({ name }) => name));
  return [
    ...after.flatMap((part) => {
      const known = former.get(part.name);
      if (known === undefined) return [`${what} ${part.name} added`];
      return isSame(meaningOf(known), meaningOf(part)) ? [] : [`${what} ${part.name} changed`];
    }),
    ...before.filter(({ name }) => !now.has(name)).map(({ name }) => `${what} ${name} removed`),
  ];
}

function withNames(files: AgentConfig['files']): (AgentConfig['files'][number] & { name: string })[] {
  return files.map((file) => ({ ...file, name: file.path }));
}

/** `part` without the places that messages name: a line that is added to the file moves every place below it, which is no change. */
function meaningOf(part: object): object {
  const { places: _places, ...rest } = part as { places?: unknown };
  return rest;
}

// JSON leaves functions out, and a secret that a file or command gives is one here: that such a reference changed is told to nobody, but the next mint goes by
// it. The texts hold other secrets; they are compared and never shown.
function isSame(one: unknown, other: unknown): boolean {
  return textOf(one) === textOf(other);
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (part instanceof Map ? [...part] : part)) ?? '';
}
