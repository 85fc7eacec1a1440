import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { ServiceError, systemCodeOf } from '../service-error.ts';
import { pageHeaders } from './page-headers.ts';

/** Built page files, in memory. Only the names that were in the folder can be asked for, so that no path leads anywhere else. */
export interface PageFiles {
  /**
   * Answers GET and HEAD for a file by its name in the folder, such as `assets/main-1a2b3c4d.js`; the empty name is `index.html`. False where there is no such
   * file: the request is then untouched.
   */
  answer(request: IncomingMessage, response: ServerResponse, name: string): boolean;
}

interface PageFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly etag: string;
  /** Smallest first; the last is the file itself. */
  readonly variants: readonly { readonly coding: string; readonly body: Buffer }[];
}

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

// Made by the build beside a file, where compressing it is worth it.
const compressed = { br: '.br', gzip: '.gz' } as const;
const index = 'index.html';

/**
 * Reads a folder of built pages: `index.html` and what it loads. A file may have compressed twins beside it, `.br` and `.gz`.
 * @throws {ServiceError} `pages_missing`
 */
export async function readPageFiles(folder: string): Promise<PageFiles> {
  const contents = await contentsOf(folder);
  if (!contents.has(index)) throw missing(folder, undefined);
  const files = new Map<string, PageFile>();
  for (const [name, body] of contents) if (!isTwin(name, contents)) files.set(name, fileOf(name, body, contents));
  return { answer: (request, response, name) => send(files.get(name === '' ? index : name), request, response) };
}

async function contentsOf(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  try {
    const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    return new Map(
      await Promise.all(
        entries.map(async (entry) => {
          const path = join(entry.parentPath, entry.name);
          return [relative(folder, path).split(sep).join('/'), await readFile(path)] as const;
        }),
      ),
    );
  } catch (error) {
    throw missing(folder, error);
  }
}

function missing(folder: string, cause: unknown): ServiceError {
  const why = systemCodeOf(cause);
  return new ServiceError('pages_missing', {
    problem: `The built pages are not there${why === undefined ? '' : ` (${why})`}`,
    place: folder,
    step: 'Install the package that brings them anew; in a clone of the project: node scripts/build-pages.mjs',
    cause,
  });
}

const isTwin = (name: string, contents: ReadonlyMap<string, Buffer>): boolean =>
  Object.values(compressed).some((ending) => name.endsWith(ending) && contents.has(name.slice(0, -ending.length)));

function fileOf(name: string, body: Buffer, contents: ReadonlyMap<string, Buffer>): PageFile {
  const twins = Object.entries(compressed).flatMap(([coding, ending]) => {
    const twin = contents.get(`${name}${ending}`);
    return twin === undefined || twin.length >= body.length ? [] : [{ coding, body: twin }];
  });
  return {
    headers: {
      ...pageHeaders,
      'Content-Type': contentTypes[extname(name)] ?? 'application/octet-stream',
      'Cache-Control': cachingOf(name),
      ...(twins.length > 0 && { Vary: 'Accept-Encoding' }),
    },
    etag: createHash('sha256').update(body).digest('base64url').slice(0, 22),
    variants: [...twins.sort((one, other) => one.body.length - other.body.length), { coding: 'identity', body }],
  };
}

// A name with the hash of its content never means anything else.
function cachingOf(name: string): string {
  if (name.endsWith('.html')) return 'no-store';
  return /^assets\/.+-[\w-]{8,}\.\w+$/.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache';
}

function send(file: PageFile | undefined, { method, headers }: IncomingMessage, response: ServerResponse): boolean {
  if (file === undefined || (method !== 'GET' && method !== 'HEAD')) return false;
  const taken = takenCodings(headers['accept-encoding']);
  const variant = file.variants.find(({ coding }) => coding === 'identity' || taken.has(coding));
  if (variant === undefined) return false;
  // Each variant has a tag of its own: a cache must not take one for the other.
  const etag = `"${file.etag}${variant.coding === 'identity' ? '' : `-${variant.coding}`}"`;
  if (isKnown(headers['if-none-match'], etag)) {
    response.writeHead(304, { ...file.headers, ETag: etag }).end();
    return true;
  }
  response.writeHead(200, {
    ...file.headers,
    ETag: etag,
    'Content-Length': variant.body.length,
    ...(variant.coding !== 'identity' && { 'Content-Encoding': variant.coding }),
  });
  response.end(method === 'HEAD' ? undefined : variant.body);
  return true;
}

/** The codings that a client names (RFC 9110 §12.5.3), without those that it refuses. */
function takenCodings(header: string | string[] | undefined): ReadonlySet<string> {
  const entries = String(header ?? '').split(',');
  return new Set(
    entries.flatMap((entry) => {
      const [coding = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
      return coding === '' || parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter)) ? [] : [coding];
    }),
  );
}

const isKnown = (header: string | undefined, etag: string): boolean =>
  (header ?? '').split(',').some((known) => known.trim().replace(/^W\//, '') === etag);
