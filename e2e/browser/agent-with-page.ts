import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newAppKey } from '@evertoken/agent';
import { type SpawnedProcess, startTokenEndpoint, type TokenEndpoint } from '@evertoken/testkit';
import { evertoken, freePort, spawnEvertoken, temporaryFolder } from '../evertoken.ts';

/** `evertoken start` in a folder of its own, before a scripted issuer. */
export interface AgentWithPage {
  readonly issuer: TokenEndpoint;
  readonly folder: string;
  readonly configFile: string;
  /** Of its http address. */
  readonly origin: string;
  /** Key of the app `report`, which reads every token. */
  readonly appKey: string;
  /** What `evertoken open --print` prints. */
  link(): Promise<string>;
  /** The link on its https address. */
  linkOverTls(): Promise<string>;
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one with these tokens, which live `expiresIn` seconds. */
export async function startAgentWithPage({ tokens, expiresIn }: { tokens: readonly string[]; expiresIn: number }): Promise<AgentWithPage> {
  const issuer = await startTokenEndpoint({ expiresIn });
  const { path: folder, remove } = await temporaryFolder();
  const configFile = join(folder, 'evertoken.yaml');
  const port = await freePort();
  const { key: appKey, sha256 } = newAppKey();
  const token = (name: string): string =>
    `  ${name}: { token_endpoint: "${issuer.url}", client_id: m2m, client_secret: issuer-s3cret, audience: "urn:${name}", scope: "read:${name}" }`;
  const config = [
    'tokens:',
    ...tokens.map(token),
    `listen: ["http://127.0.0.1:${port}", "https://localhost:0"]`,
    // A person may ask for a mint right after the first one, and does not wait half a minute in a test.
    'policy: { mint_floor_ms: 100 }',
    'apps:',
    `  report: { key_sha256: "${sha256}", tokens: [${tokens.join(', ')}] }`,
  ];
  await writeFile(configFile, `${config.join('\n')}\n`);
  let running: SpawnedProcess | undefined;
  const linkFrom = async (): Promise<{ url: string; urls: readonly string[] }> => {
    const { code, stdout, stderr } = await evertoken(['open', '--json'], { cwd: folder });
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as { url: string; urls: readonly string[] };
  };
  const agent: AgentWithPage = {
    issuer,
    folder,
    configFile,
    origin: `http://127.0.0.1:${port}`,
    appKey,
    async link() {
      const { code, stdout, stderr } = await evertoken(['open', '--print'], { cwd: folder });
      if (code !== 0) throw new Error(stderr);
      return stdout.trim();
    },
    linkOverTls: async () => (await linkFrom()).urls.find((url) => url.startsWith('https:')) ?? '',
    async start() {
      running = spawnEvertoken(['start', '--log', 'json'], { cwd: folder });
      await running.waitFor(/"event":"agent\.listening"/);
    },
    async stop() {
      running?.signal('SIGTERM');
      await running?.exit();
    },
    async close() {
      await running?.stop();
      await issuer.close();
      await remove();
    },
  };
  await agent.start();
  return agent;
}
