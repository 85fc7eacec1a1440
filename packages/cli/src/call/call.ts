import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type AgentOptions, findAgent } from './agent-connection.ts';
import { type AgentAnswer, requestAgent } from './agent-request.ts';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';
import { printable } from './printable.ts';
import type { Terminal } from './terminal.ts';

/** Options of `evertoken call`. */
export interface CallOptions extends AgentOptions {
  data?: string;
  include?: boolean;
  /** Token whose API is meant, where there are several. */
  token?: string;
}

/** Calls the API through the agent and prints the answer. Answers exit code 1 for a status from 400 on. */
export async function callApi(method: string, path: string, options: CallOptions, terminal: Terminal): Promise<number> {
  if (!/^[A-Za-z]+$/.test(method) || !path.startsWith('/')) {
    throw new CliError({
      problem: 'A call needs a method and a path that begins with /',
      place: `evertoken call ${method} ${path}`,
      step: 'Write it like `evertoken call GET /api/v2/clients`.',
      exitCode: exitCode.usage,
    });
  }
  const body = options.data === undefined ? undefined : await readData(options.data, terminal);
  const connection = await findAgent(options, terminal);
  const target = {
    method: method.toUpperCase(),
    path: options.token === undefined ? path : `/proxy/${encodeURIComponent(options.token)}${path}`,
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
  };
  return await requestAgent(connection, target, async (answer) => {
    if (options.include === true) terminal.stdout.write(formatHead(answer));
    if (terminal.isOutputTerminal) terminal.stdout.write(formatBody(await readText(answer.body)));
    else await copy(answer.body, terminal);
    return answer.status >= 400 ? exitCode.failure : exitCode.ok;
  });
}

async function readData(data: string, terminal: Terminal): Promise<Buffer> {
  if (data === '-') return Buffer.concat((await terminal.stdin.toArray()) as Buffer[]);
  if (data.startsWith('@')) {
    const file = resolve(terminal.cwd, data.slice(1));
    try {
      return await readFile(file);
    } catch (cause) {
      throw new CliError({
        problem: 'The file with the data cannot be read',
        place: file,
        step: 'Name a file that exists.',
        exitCode: exitCode.usage,
        cause,
      });
    }
  }
  try {
    JSON.parse(data);
  } catch (cause) {
    const problem = `The data is no JSON: ${(cause as Error).message}`;
    const step = `Quote it for the shell, like --data '{"name":"x"}', or give a file with --data @FILE.`;
    throw new CliError({ problem, place: `--data ${data}`, step, exitCode: exitCode.usage, cause });
  }
  return Buffer.from(data);
}

async function copy(body: Readable, terminal: Terminal): Promise<void> {
  try {
    await pipeline(body, terminal.stdout, { end: false });
  } catch (error) {
    // Who reads us has had enough, as in `evertoken call … | head -1`.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

function formatHead({ status, headers }: AgentAnswer): string {
  const lines = Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((one) => `${name}: ${printable(one)}`));
  return [`HTTP ${status}`, ...lines, '', ''].join('\n');
}

function formatBody(text: string): string {
  if (text === '') return '';
  try {
    return `${printable(JSON.stringify(JSON.parse(text), undefined, 2))}\n`;
  } catch {
    return `${printable(text).trimEnd()}\n`;
  }
}
