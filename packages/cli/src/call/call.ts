import { METHODS, STATUS_CODES } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type AgentOptions, findAgent } from '../agent-connection.ts';
import { type AgentAnswer, requestAgent } from '../agent-request.ts';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';
import { lostOutputError } from '../lost-output.ts';
import { printable } from '../printable.ts';
import { withProgress } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import { type CallInput, readCall } from './call-request.ts';
import { collectPages } from './collect-pages.ts';
import { formatList } from './list-table.ts';

/** Options of `evertoken call`. */
export interface CallOptions extends AgentOptions, CallInput {
  include?: boolean;
  paginate?: boolean;
  json?: boolean;
  /** Name of the token whose API is called, for an app with several. */
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
  // CONNECT asks for a tunnel, which has no answer to print.
  if (!METHODS.includes(method.toUpperCase()) || method.toUpperCase() === 'CONNECT') {
    throw new CliError({
      problem: `HTTP has no method ${method.toUpperCase()} by which an API is called`,
      place: `evertoken call ${method} ${path}`,
      step: 'Use one that the API knows: GET, POST, PUT, PATCH or DELETE.',
      exitCode: exitCode.usage,
    });
  }
  if (options.paginate === true && (method.toUpperCase() !== 'GET' || options.include === true)) {
    const step = 'Leave out --include, and use GET, or leave out --paginate.';
    throw new CliError({ problem: 'Only a GET can be paginated, and headers of many pages are not shown', step, exitCode: exitCode.usage });
  }
  const call = await readCall(method.toUpperCase(), path, options, terminal);
  const connection = await findAgent(options, terminal);
  const prefix = options.token === undefined ? '' : `/proxy/${encodeURIComponent(options.token)}`;
  const send = <T>(target: string, use: (answer: AgentAnswer) => Promise<T>): Promise<T> =>
    requestAgent(connection, { ...call, path: `${prefix}${target}` }, use);

  if (options.paginate === true) {
    const pages = await withProgress('getting all pages', terminal, (tell) => collectPages(call.path, send, tell));
    const text = pages.refusal?.text ?? JSON.stringify(pages.items);
    if (text === '') tellStatus(pages.refusal?.status, terminal);
    else terminal.stdout.write(isForPeople(options, terminal) ? formatBody(text, terminal) : `${text}\n`);
    return pages.refusal === undefined ? exitCode.ok : exitCode.failure;
  }
  return await send(call.path, async (answer) => {
    if (options.include === true) terminal.stdout.write(formatHead(answer));
    const isEmpty = await printBody(answer, options, terminal);
    if (isEmpty && answer.status >= 400 && options.include !== true) tellStatus(answer.status, terminal);
    return answer.status >= 400 ? exitCode.failure : exitCode.ok;
  });
}

function isForPeople(options: CallOptions, terminal: Terminal): boolean {
  return terminal.isOutputTerminal && options.json !== true;
}

/** Prints the body. Answers whether it was empty. */
async function printBody(answer: AgentAnswer, options: CallOptions, terminal: Terminal): Promise<boolean> {
  if (!terminal.isOutputTerminal) return await copy(answer, terminal);
  const text = await readText(answer.body);
  terminal.stdout.write(isForPeople(options, terminal) ? formatBody(text, terminal) : formatJson(text));
  return text === '';
}

// Without this, an error answer with no body would look like an empty success.
function tellStatus(status: number | undefined, terminal: Terminal): void {
  if (status === undefined) return;
  terminal.stderr.write(`The answer has no body: HTTP ${`${status} ${STATUS_CODES[status] ?? ''}`.trim()}.\n`);
}

/** Copies the body to standard output. Answers whether it was empty. */
async function copy({ body }: AgentAnswer, terminal: Terminal): Promise<boolean> {
  let isEmpty = true;
  const seen = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      isEmpty = false;
      yield chunk;
    }
  };
  let lost: NodeJS.ErrnoException | undefined;
  const onLost = (error: NodeJS.ErrnoException): void => {
    lost = error;
  };
  terminal.stdout.once('error', onLost);
  try {
    await pipeline(body, seen, terminal.stdout, { end: false });
  } catch (error) {
    // The reader of our output has closed it, as in `evertoken call … | head -1`.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return isEmpty;
    throw lost !== undefined && error === lost ? lostOutputError(lost) : error;
  } finally {
    terminal.stdout.off('error', onLost);
  }
  return isEmpty;
}

function formatHead({ status, headers }: AgentAnswer): string {
  const lines = Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((one) => `${name}: ${printable(one)}`));
  return [`HTTP ${status}`, ...lines, '', ''].join('\n');
}

/** A table of a list of objects, else readable JSON, else the text. */
function formatBody(text: string, terminal: Terminal): string {
  return formatList(text, terminal) ?? formatJson(text);
}

function formatJson(text: string): string {
  if (text === '') return '';
  try {
    return `${printable(JSON.stringify(JSON.parse(text), undefined, 2))}\n`;
  } catch {
    return `${printable(text).trimEnd()}\n`;
  }
}
