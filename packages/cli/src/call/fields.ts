import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';

/** One field of `-f` or `-F`. */
export interface Field {
  /** `a[b][]` is `['a', 'b', '']`; an empty part stands for a new item at the end of a list. */
  readonly path: readonly string[];
  readonly value: unknown;
  /** Where the value is read from, for `-F key=@FILE`. */
  readonly file?: string;
}

/** Reads `key=value`. A typed value may be true, false, null, a whole number, or `@FILE`; all else is text. Throws a CliError (exit code 2). */
export function readField(text: string, isTyped: boolean): Field {
  const [, key = '', value = ''] = /^([^=]+)=([\s\S]*)$/.exec(text) ?? [];
  if (!/^[^[\]]+(?:\[[^[\]]*\])*$/.test(key)) {
    throw new CliError({
      problem: 'A field is written key=value, key[sub]=value or key[]=value',
      place: text.split('=', 1)[0] ?? '',
      step: 'Write it like -f name=Report or -F enabled=true.',
      exitCode: exitCode.usage,
    });
  }
  const path = key.replaceAll(']', '').split('[');
  if (isTyped && value.startsWith('@')) return { path, value: undefined, file: value.slice(1) };
  return { path, value: isTyped ? typedValue(value) : value };
}

function typedValue(text: string): unknown {
  if (text === 'true' || text === 'false' || text === 'null') return JSON.parse(text);
  return /^-?(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}

/** `body` with the field put into it. Throws a CliError (exit code 2) where two fields contradict each other. */
export function addField(body: Record<string, unknown>, { path, value }: Field): Record<string, unknown> {
  return put(body, path, value) as Record<string, unknown>;
}

function put(at: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (key === '') {
    if (at !== undefined && !Array.isArray(at)) throw contradiction(path);
    return [...(at ?? []), put(undefined, rest, value)];
  }
  if (at !== undefined && (typeof at !== 'object' || at === null || Array.isArray(at))) throw contradiction(path);
  const object = (at ?? {}) as Record<string, unknown>;
  return Object.fromEntries([...Object.entries(object), [key, put(Object.hasOwn(object, key) ? object[key] : undefined, rest, value)]]);
}

function contradiction(path: readonly string[]): CliError {
  const step = 'Give each key one form: a value, key[sub]=, or key[]=.';
  return new CliError({ problem: 'Two fields contradict each other', place: path.join('.'), step, exitCode: exitCode.usage });
}

/** The fields as a query, `a[b]` as it was written. */
export function queryOf(fields: readonly Field[]): string {
  const pairs = fields.map(({ path: [first = '', ...rest], value }): [string, string] => [
    `${first}${rest.map((part) => `[${part}]`).join('')}`,
    String(value),
  ]);
  return new URLSearchParams(pairs).toString();
}
