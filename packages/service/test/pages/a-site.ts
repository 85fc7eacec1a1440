import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { freshFolder } from '@evertoken/testkit';
import { onTestFinished } from 'vitest';
import {
  type ListenAddress,
  openListeners,
  openLocalCa,
  openStateFolder,
  PageSite,
  type PageSiteOptions,
  readPageFiles,
} from '../../src/index.ts';

export const script = `console.log(${JSON.stringify('page '.repeat(400))});\n`;
export const pageFiles: Readonly<Record<string, string | Buffer>> = {
  'index.html': '<!doctype html><title>Page</title>',
  'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  'assets/main-Ab12_-cd.js': script,
  'assets/main-Ab12_-cd.js.br': brotliCompressSync(script),
  'assets/main-Ab12_-cd.js.gz': gzipSync(script),
};

/** A folder with these files. */
export async function folderOf(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const folder = await freshFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}
export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A site that really listens; what it does not answer has 404, and `/may` tells what the request may do. */
export async function openSite(
  options: Partial<Omit<PageSiteOptions, 'files'>> & { kind?: 'http' | 'https' } = {},
): Promise<{ site: PageSite; origin: string; ask: (path: string, asked?: Asked) => Promise<Answer> }> {
  const { kind = 'http', ...rest } = options;
  const files = await readPageFiles(await folderOf(pageFiles));
  const site = new PageSite({ files, base: '/page', title: 'the page', command: 'npx evertoken <open>', now: () => 0, ...rest });
  const ca = await openLocalCa(await openStateFolder(await freshFolder()));
  const address: ListenAddress = { kind, host: 'localhost', port: 0 };
  const handler = (incoming: IncomingMessage, response: import('node:http').ServerResponse): void => {
    if (incoming.url?.endsWith('/may') === true) {
      response.end(JSON.stringify({ read: site.mayRead(incoming), change: site.mayChange(incoming) }));
      return;
    }
    if (!site.answer(incoming, response)) response.writeHead(404).end('not here');
  };
  const listeners = await openListeners([address], { handler, certificate: ca.serverCertificate, onError: () => undefined });
  onTestFinished(() => listeners.close({ graceMs: 0 }));
  const [origin = ''] = listeners.urls;
  const { port } = new URL(origin);
  const send = kind === 'https' ? requestTls : request;
  const ask = async (path: string, { method = 'GET', headers = {} }: Asked = {}): Promise<Answer> => {
    // As it stands: `fetch` would tidy a path up.
    const sent = send({ host: 'localhost', port, path, method, headers, agent: false, ca: ca.certificatePem });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
  };
  return { site, origin, ask };
}

/** Name and value of the one cookie that an answer sets. */
export const cookieOf = ({ headers }: Answer): string => headers['set-cookie']?.[0]?.split(';')[0] ?? '';
