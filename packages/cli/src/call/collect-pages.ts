import { text as readText } from 'node:stream/consumers';
import type { AgentAnswer } from '../agent-request.ts';
import { CliError } from '../cli-error.ts';
import { printable } from '../printable.ts';

/** Sends a GET for a path with query. */
type Send = <T>(path: string, use: (answer: AgentAnswer) => Promise<T>) => Promise<T>;

interface Page {
  readonly status: number;
  readonly text: string;
  readonly body: unknown;
  /** The next page as a `Link` header names it (RFC 8288). */
  readonly linked: URL | undefined;
}

const defaultPageSize = 100;

/**
 * Gets a whole list: by `Link: …; rel="next"`, by the checkpoint `next` (`from`, `take`), by totals (`page`, `per_page`, `include_totals`), or for plain
 * arrays page by page until one is empty. Answers all items, or the first refusal. Throws a CliError where the answer is not a list, or the list goes on at another
 * path.
 */
export async function collectPages(
  path: string,
  send: Send,
  onPage: (what: string) => void,
): Promise<{ items: readonly unknown[]; refusal?: { status: number; text: string } }> {
  const items: unknown[] = [];
  const seen = new Set<string>();
  let target: string | undefined = withPageSize(path);
  let before: Page | undefined;
  while (target !== undefined) {
    if (seen.has(target)) throw noList('The API leads from page to page in a circle', target);
    seen.add(target);
    const asked = target;
    const page: Page = await send(asked, (answer) => readPage(answer, asked));
    if (page.status >= 400) return { items, refusal: { status: page.status, text: page.text } };
    // An API that knows no pages answers each with the same list.
    if (before !== undefined && page.linked === undefined && Array.isArray(page.body) && page.text === before.text) break;
    const list = listOf(page, target);
    items.push(...list);
    onPage(`getting all pages, ${items.length} so far`);
    target = nextOf(page, list, target);
    before = page;
  }
  return { items };
}

async function readPage({ status, headers, body }: AgentAnswer, target: string): Promise<Page> {
  const text = await readText(body);
  const link = [headers['link'] ?? []].flat().join(', ');
  const next = /<([^>]*)>[^,]*;\s*rel="?next"?/i.exec(link)?.[1];
  // A relative reference starts at what was asked for (RFC 8288 §3.1), such as `?page=2`.
  const base = new URL(target, 'http://agent').href;
  const linked = next !== undefined && URL.canParse(next, base) ? new URL(next, base) : undefined;
  return { status, text, body: status < 400 ? parse(text) : undefined, linked };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function withPageSize(path: string): string {
  const { pathname, params } = partsOf(path);
  const isPaged = ['page', 'per_page', 'take', 'from', 'include_totals'].some((name) => params.has(name));
  // Only Auth0's own API is known to take these parameters.
  if (isPaged || !/^\/api\/v2\//.test(pathname)) return path;
  return withParams(path, { page: '0', per_page: String(defaultPageSize), include_totals: 'true' });
}

function listOf({ body }: Page, target: string): readonly unknown[] {
  if (Array.isArray(body)) return body;
  const lists = typeof body === 'object' && body !== null ? Object.values(body).filter((value) => Array.isArray(value)) : [];
  const [list] = lists;
  if (list !== undefined && lists.length === 1) return list as unknown[];
  throw noList('The API did not answer with a list', target);
}

function nextOf(page: Page, list: readonly unknown[], target: string): string | undefined {
  if (page.linked !== undefined) return linkedPath(page.linked, target);
  const { next, start, total } = (Array.isArray(page.body) ? {} : page.body) as { next?: unknown; start?: unknown; total?: unknown };
  const { params: query } = partsOf(target);
  if (typeof next === 'string' && next !== '') return withParams(target, { from: next });
  const number = Number(query.get('page') ?? (query.has('per_page') ? 0 : Number.NaN));
  if (list.length === 0 || !Number.isInteger(number)) return undefined;
  if (typeof start === 'number' && typeof total === 'number' && start + list.length >= total) return undefined;
  if (!Array.isArray(page.body) && typeof total !== 'number') return undefined;
  return withParams(target, { page: String(number + 1) });
}

/** The path of a linked page. Its host is ignored, since every request goes to the agent; but an API must not choose another path for the app key. */
function linkedPath(linked: URL, target: string): string {
  const { pathname, search } = linked;
  const own = new URL(target, 'http://agent').pathname;
  if (pathname === own) return `${own}${search}`;
  throw noList(`The API says that the list goes on at another path, ${printable(pathname)}`, target);
}

function withParams(path: string, changes: Readonly<Record<string, string>>): string {
  const { pathname, params } = partsOf(path);
  for (const [name, value] of Object.entries(changes)) params.set(name, value);
  return `${pathname}?${params}`;
}

function partsOf(path: string): { pathname: string; params: URLSearchParams } {
  // At the first `?`: a query may hold more of them (RFC 3986 §3.4).
  const at = path.indexOf('?');
  if (at === -1) return { pathname: path, params: new URLSearchParams() };
  return { pathname: path.slice(0, at), params: new URLSearchParams(path.slice(at + 1)) };
}

function noList(problem: string, place: string): CliError {
  return new CliError({ problem, place, step: 'Leave out --paginate to see what it answers.' });
}
