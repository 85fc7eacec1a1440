import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newAppKey } from '@evertoken/agent';
import type { SpawnedProcess } from '@evertoken/testkit';
import { Pool } from 'undici';
import { spawnEvertoken } from '../evertoken.ts';
import type { FleetNode, FleetSettings } from './fleet-node.ts';
import { NodeRecord } from './node-record.ts';
import type { RedisWire } from './redis-wire.ts';

/** Reads that wait at a time: more would prove nothing. */
const MOST_WAITING = 50;

/** An agent, read and called through its doors. */
export class AgentNode implements FleetNode {
  readonly name: string;
  readonly record: NodeRecord;
  readonly wire: RedisWire;
  readonly #settings: FleetSettings;
  readonly #appKey: ReturnType<typeof newAppKey> = newAppKey();
  #life: AgentLife | undefined;

  constructor(name: string, wire: RedisWire, settings: FleetSettings) {
    this.name = name;
    this.wire = wire;
    this.record = new NodeRecord(name, settings.audience);
    this.#settings = settings;
  }

  get isRunning(): boolean {
    return this.#life !== undefined;
  }

  async start(): Promise<void> {
    const { tokenEndpoint, clientId, audience, apiOrigin, secretFiles, sealingKey, folder, ...pace } = this.#settings;
    const cwd = join(folder, this.name);
    await mkdir(cwd, { recursive: true });
    const config = {
      tokens: {
        fleet: {
          token_endpoint: tokenEndpoint,
          client_id: clientId,
          client_secret: secretFiles.map((file) => ({ file })),
          audience,
          api: apiOrigin,
        },
      },
      apps: { reader: { key_sha256: this.#appKey.sha256, tokens: ['fleet'], proxy: { fleet: ['GET /things'] }, rate: '1000/s' } },
      listen: ['http://127.0.0.1:0'],
      store: { redis: { url: this.wire.url, key: { file: join(folder, 'sealing.key') } } },
      audit: false,
    };
    await writeFile(join(cwd, 'evertoken.yaml'), JSON.stringify(config), { mode: 0o600 });
    const running = spawnEvertoken(['start', '--home', join(cwd, 'state'), '--keep-trying', '--log', 'json'], { cwd });
    const life = new AgentLife(running, this.record);
    this.#life = life;
    await life.begin(this.#appKey.key, pace);
  }

  async kill(): Promise<void> {
    const life = this.#life;
    this.#life = undefined;
    await life?.end();
    this.record.gone(Date.now());
  }

  freeze(): void {
    this.record.freeze(Date.now());
    this.#life?.running.signal('SIGSTOP');
  }

  thaw(): void {
    this.#life?.running.signal('SIGCONT');
    this.record.thaw(Date.now());
  }

  async close(): Promise<void> {
    await this.kill();
    await this.wire.close();
  }
}

/** One process of an agent, and its readers. */
class AgentLife {
  readonly running: SpawnedProcess;
  readonly #record: NodeRecord;
  readonly #timers: NodeJS.Timeout[] = [];
  #pool: Pool | undefined;
  #hasEnded = false;
  #heard = 0;
  #waiting = 0;

  constructor(running: SpawnedProcess, record: NodeRecord) {
    this.running = running;
    this.#record = record;
  }

  async begin(key: string, pace: Pick<FleetSettings, 'readEveryMs' | 'callEveryMs'>): Promise<void> {
    const [line] = await this.running.waitFor(/^.*"event":"agent\.listening".*$/m, 60_000);
    if (this.#hasEnded) return;
    const { urls } = JSON.parse(line) as { urls: [string] };
    // An answer may take as long as the process is frozen.
    this.#pool = new Pool(urls[0], { connections: 20, headersTimeout: 60_000, bodyTimeout: 60_000 });
    const headers = { authorization: `Bearer ${key}` };
    this.#timers.push(
      setInterval(() => void this.#read(headers), pace.readEveryMs),
      setInterval(() => void this.#call(headers), pace.callEveryMs),
      setInterval(() => this.#hear(), 100),
    );
  }

  async end(): Promise<void> {
    this.#hasEnded = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.running.stop();
    this.#hear();
    await this.#pool?.destroy();
  }

  async #read(headers: Record<string, string>): Promise<void> {
    if (this.#waiting >= MOST_WAITING) return;
    this.#waiting += 1;
    const askedAt = Date.now();
    const answer = await this.#ask('/v1/tokens/fleet', headers);
    this.#waiting -= 1;
    if (this.#hasEnded) return;
    const answeredAt = Date.now();
    if (answer.status !== 200) return this.#record.read({ askedAt, answeredAt, code: `${answer.status} ${answer.text.slice(0, 200)}` });
    const {
      access_token: token,
      fingerprint,
      expires_at: end,
    } = JSON.parse(answer.text) as { access_token: string; fingerprint: string; expires_at: string };
    const { exp, aud } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number; aud: string };
    // Not by the claim: where the issuer took its time that is later than what the agent may count on.
    this.#record.holds(answeredAt, Date.parse(end));
    this.#record.read({ askedAt, answeredAt, fingerprint, audience: aud, exp });
  }

  async #call(headers: Record<string, string>): Promise<void> {
    const askedAt = Date.now();
    const { status } = await this.#ask('/proxy/fleet/things', headers);
    if (!this.#hasEnded) this.#record.call(askedAt, Date.now(), status);
  }

  async #ask(path: string, headers: Record<string, string>): Promise<{ status: number; text: string }> {
    try {
      const { statusCode: status, body } = await (this.#pool as Pool).request({ path, method: 'GET', headers });
      return { status, text: await body.text() };
    } catch (error) {
      return { status: 0, text: (error as Error).message };
    }
  }

  /** What it logged since. */
  #hear(): void {
    const { stderr } = this.running;
    const end = stderr.lastIndexOf('\n') + 1;
    for (const line of stderr.slice(this.#heard, end).split('\n')) {
      const event = /"event":"token\.(\w+)"/.exec(line)?.[1];
      if (event !== undefined) this.#take(event, JSON.parse(line) as { time: string | number; expires_at?: string });
    }
    this.#heard = Math.max(this.#heard, end);
  }

  #take(event: string, { time, expires_at: end }: { time: string | number; expires_at?: string }): void {
    const record = this.#record;
    const at = new Date(time).getTime();
    if (end !== undefined) record.holds(at, Date.parse(end));
    if (event === 'minted') record.minted += 1;
    else if (event === 'adopted') record.adopted += 1;
    else if (event === 'mint_failed') record.failedMints += 1;
    else if (event === 'rejected') record.rejected += 1;
    else if (event === 'secret_rotated') record.secretsChanged += 1;
    else if (event === 'store_degraded') record.degrade(at);
    else if (event === 'store_recovered') record.recover(at);
  }
}
