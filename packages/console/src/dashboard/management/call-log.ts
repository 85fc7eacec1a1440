import { type ReadonlySignal, signal } from '@preact/signals';

/** A call that the page made. */
export interface MadeCall {
  readonly id: number;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: unknown;
  /** 0: no answer. */
  readonly status: number;
  readonly tookMs: number;
}

const mostKept = 40;
const calls = signal<readonly MadeCall[]>([]);
let lastId = 0;

/** What the page asked of the Management API, newest first. */
export const madeCalls: ReadonlySignal<readonly MadeCall[]> = calls;

/** Keeps a call. One that repeats the one before, as a page that watches does, takes its place. */
export function keepCall(call: Omit<MadeCall, 'id'>): void {
  lastId += 1;
  const [newest, ...older] = calls.value;
  const isRepeated = newest !== undefined && call.method === 'GET' && newest.method === 'GET' && pathOf(newest) === pathOf(call);
  calls.value = [{ ...call, id: lastId }, ...(isRepeated ? older : calls.value)].slice(0, mostKept);
}

/** As when the page was opened. */
export function forgetCalls(): void {
  calls.value = [];
}

const pathOf = ({ path }: { path: string }): string => path.split('?')[0] ?? '';

const secretNames = new Set(['client_secret', 'signing_secret']);

/** A call as a command for a shell, with `$TOKEN` in the place of the token. */
export function curlOf({ method, path, body }: Pick<MadeCall, 'method' | 'path' | 'body'>, origin: string): string {
  const parts = ['curl', ...(method === 'GET' ? [] : ['-X', method]), shellText(`${origin}${path}`), '-H "Authorization: Bearer $TOKEN"'];
  if (body !== undefined) {
    const json = JSON.stringify(body, (name, value: unknown) => (secretNames.has(name) ? '…' : value));
    parts.push("-H 'Content-Type: application/json'", '-d', shellText(json));
  }
  return parts.join(' ');
}

const shellText = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
