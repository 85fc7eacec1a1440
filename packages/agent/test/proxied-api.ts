import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ManualClock } from '@evertoken/testkit';
import { afterEach, beforeEach } from 'vitest';
import { type AgentSetup, type RunningAgent, startRunningAgent, twoApps } from './a-running-agent.ts';

/** A call as it reached the API. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** How the API answers a call; `body` reads it whole. */
export type ApiAnswer = (request: IncomingMessage, response: ServerResponse, body: () => Promise<string>) => void | Promise<void>;

/** An API on a free port, and an agent before it; both new for each test of the file that makes one. */
export class ProxiedApi {
  readonly clock = new ManualClock();
  server!: Server;
  running!: RunningAgent;
  seen: Seen[] = [];
  answer: ApiAnswer = sayOk;

  constructor() {
    beforeEach(async () => {
      this.seen = [];
      this.answer = sayOk;
      this.server = createServer((request, response) => this.#take(request, response));
      await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
      await this.start();
    });
    afterEach(async () => {
      await this.running.close();
      this.server.closeAllConnections();
      await new Promise((resolve) => this.server.close(resolve));
    });
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Starts the agent; a former one is closed by the test. */
  async start(setup: AgentSetup = {}): Promise<void> {
    this.running = await startRunningAgent({ yaml: twoApps(this.origin), clock: this.clock, random: () => 0.5, ...setup });
  }

  /** The live token that `report` may read. */
  async liveToken(name = 'management'): Promise<string> {
    const app = name === 'management' || name === 'orders' ? 'report' : '';
    return (await this.running.callAs(app, `/v1/tokens/${name}`)).json()['access_token'] as string;
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    let reading: Promise<string> | undefined;
    const body = (): Promise<string> => {
      reading ??= readAll(request).then((text) => {
        this.seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: text });
        return text;
      });
      return reading;
    };
    void Promise.resolve(this.answer(request, response, body)).then(body);
  }
}

function sayOk(_request: IncomingMessage, response: ServerResponse): void {
  response.end('ok');
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
