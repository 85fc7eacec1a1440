import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { addField, type Field, queryOf, readField } from './fields.ts';

/** The options that make up what is sent. */
export interface CallInput {
  data?: string;
  input?: string;
  /** `key=value` each, taken as text. */
  rawField?: readonly string[];
  /** `key=value` each, with typed values; see `readField`. */
  field?: readonly string[];
  /** `Name: value` each. */
  header?: readonly string[];
}

/** A request as it goes to the agent. */
export interface CallRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: Buffer;
}

/** Puts a request together. Fields go into the query of a GET, a HEAD or a call with a given body, else into a JSON body. Throws a CliError (exit code 2). */
export async function readCall(method: string, path: string, input: CallInput, terminal: Terminal): Promise<CallRequest> {
  const fields = [
    ...(input.rawField ?? []).map((text) => readField(text, false)),
    ...(input.field ?? []).map((text) => readField(text, true)),
  ];
  const filled: Field[] = [];
  for (const field of fields)
    filled.push(field.file === undefined ? field : { ...field, value: (await readInput(field.file, terminal)).toString() });

  const headers = Object.fromEntries((input.header ?? []).map(readHeader));
  const given = await readBody(input, terminal);
  const isQuery = given !== undefined || method === 'GET' || method === 'HEAD';
  const body = given ?? (isQuery || filled.length === 0 ? undefined : Buffer.from(JSON.stringify(filled.reduce(addField, {}))));
  const query = isQuery ? queryOf(filled) : '';
  return {
    method,
    path: query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body }),
  };
}

async function readBody({ data, input }: CallInput, terminal: Terminal): Promise<Buffer | undefined> {
  if (input !== undefined) return await readInput(input, terminal);
  if (data === undefined) return undefined;
  if (data === '-' || data.startsWith('@')) return await readInput(data.replace(/^@/, ''), terminal);
  try {
    JSON.parse(data);
  } catch (cause) {
    // Neither the data nor what the parser quotes of it: there may be a secret in it.
    const [where = ''] = / at position \d+/.exec((cause as Error).message) ?? [];
    const problem = `The data is no JSON${where && `: it breaks${where}`}`;
    const step = `Quote it for the shell, like --data '{"name":"x"}', or give a file with --data @FILE.`;
    throw new CliError({ problem, place: '--data', step, exitCode: exitCode.usage, cause });
  }
  return Buffer.from(data);
}

async function readInput(name: string, terminal: Terminal): Promise<Buffer> {
  if (name === '-') return Buffer.concat((await terminal.stdin.toArray()) as Buffer[]);
  const file = resolve(terminal.cwd, name);
  try {
    return await readFile(file);
  } catch (cause) {
    const step = 'Name a file that exists.';
    throw new CliError({ problem: 'The file with the data cannot be read', place: file, step, exitCode: exitCode.usage, cause });
  }
}

// Headers that this command sets itself: the app key, and the framing of the body.
const ownHeaders = new Set(['authorization', 'host', 'content-length', 'transfer-encoding', 'connection', 'expect', 'upgrade']);

function readHeader(line: string): [string, string] {
  const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\t]*?)[ \t]*$/.exec(line) ?? [];
  const problem =
    name === ''
      ? 'A header is written `Name: value`'
      : ownHeaders.has(name.toLowerCase())
        ? `The header ${name} is set by this command itself`
        : undefined;
  if (problem === undefined) return [name.toLowerCase(), value];
  // The line itself may hold a secret.
  throw new CliError({
    problem,
    place: `--header ${name}`,
    step: "Write it like -H 'Accept: text/csv', or leave it out.",
    exitCode: exitCode.usage,
  });
}
