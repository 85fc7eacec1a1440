import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { pageHeaders } from './page-headers.ts';

const style =
  ':root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}body{max-width:36rem;margin:15vh auto 0;padding:0 1.25rem}h1{font-size:1.4rem}code{font-family:ui-monospace,monospace;user-select:all}';

const headers: Readonly<Record<string, string>> = {
  ...pageHeaders,
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-store',
};

/** A page for people, without a script. The texts are plain; `command` is what to type for a way in. */
export interface RefusedPage {
  readonly title: string;
  readonly text: string;
  readonly command: string;
}

/** Answers 403 with it. */
export function sendRefusedPage(response: ServerResponse, page: RefusedPage, { hasBody }: { hasBody: boolean }): void {
  const [title, text, command] = [page.title, page.text, page.command].map(escaped);
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
<main>
<h1>${title}</h1>
<p>${text}</p>
<p>For a new link, type this where the program runs, as the user who runs it:</p>
<p><code>${command}</code></p>
</main>
</html>
`;
  response.writeHead(403, { ...headers, 'Content-Length': Buffer.byteLength(html) }).end(hasBody ? html : undefined);
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
