import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { readPageFiles } from '../../src/index.ts';
import { folderOf, openSite, script } from './a-site.ts';

describe('page files', () => {
  it('are answered with their type, and with headers that let a page run its own files alone', async () => {
    const { ask } = await openSite();
    const page = await ask('/page/');
    expect(page.status).toBe(200);
    expect(page.body.toString()).toContain('<title>Page</title>');
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
    const policy = page.headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect((await ask('/page/icon.svg')).headers).toMatchObject({ 'content-type': 'image/svg+xml', 'cache-control': 'no-cache' });
  });

  it('stay with the browser for good where their name has the hash of what is in them', async () => {
    const { ask } = await openSite();
    const file = await ask('/page/assets/main-Ab12_-cd.js');
    expect(file.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
    });
    expect(file.body.toString()).toBe(script);
  });

  it.each([
    ['br, gzip', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['gzip, br;q=0', 'gzip', gunzipSync],
  ])('go out compressed to a client that takes %s', async (taken, coding, decompress) => {
    const { ask } = await openSite();
    const file = await ask('/page/assets/main-Ab12_-cd.js', { headers: { 'accept-encoding': taken } });
    expect(file.headers['content-encoding']).toBe(coding);
    expect(file.headers['content-length']).toBe(String(file.body.length));
    expect(file.body.length).toBeLessThan(script.length);
    expect(decompress(file.body).toString()).toBe(script);
  });

  it.each(['identity', 'br;q=0, gzip;q=0.0', 'zstd'])('go out as they are to a client that takes %s', async (taken) => {
    const { ask } = await openSite();
    const file = await ask('/page/assets/main-Ab12_-cd.js', { headers: { 'accept-encoding': taken } });
    expect(file.headers['content-encoding']).toBeUndefined();
    expect(file.body.toString()).toBe(script);
  });

  it('are not sent again to who has them, in the coding that it has', async () => {
    const { ask } = await openSite();
    const path = '/page/assets/main-Ab12_-cd.js';
    const packed = await ask(path, { headers: { 'accept-encoding': 'br' } });
    const again = await ask(path, { headers: { 'accept-encoding': 'br', 'if-none-match': `"else", W/${packed.headers.etag}` } });
    expect(again.status).toBe(304);
    expect(again.body).toHaveLength(0);
    expect((await ask(path, { headers: { 'if-none-match': packed.headers.etag ?? '' } })).status).toBe(200);
  });

  it('have their length told by HEAD, and no body', async () => {
    const { ask } = await openSite();
    const head = await ask('/page/assets/main-Ab12_-cd.js', { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers['content-length']).toBe(String(script.length));
    expect(head.body).toHaveLength(0);
  });

  it.each([
    '/page/none.js',
    '/page/assets',
    '/page/assets/',
    '/page/assets/main-Ab12_-cd.js.br',
    '/page/../page/index.html',
    '/page/%2e%2e/page/index.html',
    '/page/assets/..%2findex.html',
    '/page/assets/../index.html',
    '/page//index.html',
    '/page/\\index.html',
    '/page/index.html%00',
    '/page/constructor',
    '/page/__proto__',
    '/pages/index.html',
    '/index.html',
  ])('are not found by another path: %s', async (path) => {
    const { ask } = await openSite();
    expect((await ask(path)).status).toBe(404);
  });

  it('are for GET and HEAD alone', async () => {
    const { ask } = await openSite();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect((await ask('/page/', { method })).status).toBe(404);
  });

  it('do not lead out of their folder by a link in it', async () => {
    const folder = await folderOf({ 'index.html': 'page' });
    const outside = join(await freshFolder(), 'secret.txt');
    await writeFile(outside, 'secret');
    await symlink(outside, join(folder, 'inside.txt'));
    const files = await readPageFiles(folder);
    expect(files.answer({ method: 'GET', headers: {} } as never, {} as never, 'inside.txt')).toBe(false);
  });

  it('are missed at once where the folder holds none', async () => {
    const empty = await freshFolder();
    await expect(readPageFiles(empty)).rejects.toMatchObject({ code: 'pages_missing', place: empty });
    await expect(readPageFiles(join(empty, 'none'))).rejects.toMatchObject({ code: 'pages_missing' });
  });
});
