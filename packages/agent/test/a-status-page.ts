import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askControlSocket } from '@evertoken/service';
import { ManualClock } from '@evertoken/testkit';
import { onTestFinished } from 'vitest';
import type { StatusUpdate } from '../src/deliver/status-page/contract.ts';
import { type AgentSetup, type Answer, type RunningAgent, startRunningAgent } from './a-running-agent.ts';

/** What its pages say is to be typed for a link. */
export const openCommand = 'npx evertoken open';

/** An agent with the status page, and what a browser has that opened it. */
export interface AgentWithPage {
  readonly running: RunningAgent;
  readonly clock: ManualClock;
  readonly origin: string;
  /** Path of the link that was used, and the answer to it. */
  readonly link: string;
  readonly opened: Answer;
  readonly cookie: string;
  /** Headers of what the page itself asks for. */
  readonly own: { readonly cookie: string; readonly 'sec-fetch-site': string };
  /** A post of the page itself, but for what `headers` say otherwise. */
  post(path: string, headers?: Record<string, string>, body?: string): Promise<Answer>;
}

/** Starts one; it ends with the test. */
export async function startWithPage(setup: AgentSetup = {}): Promise<AgentWithPage> {
  const folder = await mkdtemp(join(tmpdir(), 'evertoken-pages-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  const clock = new ManualClock();
  const running = await startRunningAgent({ clock, pages: { folder, command: openCommand }, ...setup });
  onTestFinished(() => running.close());
  const origin = running.url;
  const link = await newLink(running);
  const opened = await running.call(link);
  const cookie = cookieOf(opened);
  const own = { cookie, 'sec-fetch-site': 'same-origin' };
  return {
    running,
    clock,
    origin,
    link,
    opened,
    cookie,
    own,
    post: (path, headers = {}, body) =>
      running.call(path, { method: 'POST', headers: { ...own, origin, ...headers }, ...(body !== undefined && { body }) }),
  };
}

/** Path of a new one-time link. */
export async function newLink(running: RunningAgent): Promise<string> {
  const answer = await askControlSocket(join(running.home, 'state'), { method: 'POST', path: '/open' });
  const [url = ''] = (answer?.body as { urls?: readonly string[] } | undefined)?.urls ?? [];
  return new URL(url).pathname;
}

/** The cookie that an answer sets, as a browser sends it back. */
export function cookieOf({ headers }: Answer): string {
  return String(headers['set-cookie']).split(';', 1)[0] ?? '';
}

/** A stream of events, as far as it has come. */
export interface WatchedStream {
  readonly isOver: boolean;
  readonly updates: readonly StatusUpdate[];
}

/** Listens until the test ends. */
export function watch(running: RunningAgent, headers: Readonly<Record<string, string>>): WatchedStream {
  const updates: StatusUpdate[] = [];
  const state = { isOver: false, updates };
  const { hostname, port } = new URL(running.url);
  const request = httpRequest({ hostname, port, path: '/status/events', agent: false, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, data] = /^data: (.*)$/m.exec(block) ?? [];
        if (data !== undefined) updates.push(JSON.parse(data) as StatusUpdate);
      }
    });
    response.on('close', () => {
      state.isOver = true;
    });
  });
  request.on('error', () => {
    state.isOver = true;
  });
  request.end();
  onTestFinished(() => void request.destroy());
  return state;
}
