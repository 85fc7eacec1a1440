import { z } from 'zod';
import type { Now } from '../clock.ts';
import type { Page, PageRequest } from '../store/page.ts';
import { manageRefusals } from './manage-refusal.ts';

const largestPage = 100;
/** Number of records of a page where none is asked for. */
export const defaultPage = 50;
const cursorLifeMs = 24 * 3_600_000;
// What every database takes as an offset; no list is as long.
const largestOffset = 2 ** 31 - 1;

/** Query parameters of offset paging. */
export const offsetPaging: {
  page: z.ZodOptional<z.ZodInt>;
  per_page: z.ZodOptional<z.ZodInt>;
  include_totals: z.ZodOptional<z.ZodBoolean>;
} = {
  page: z.int().min(0).optional().describe('Page index of the results to return. First page is 0.'),
  per_page: z.int().min(0).max(largestPage).optional().describe('Number of results per page.'),
  include_totals: z
    .boolean()
    .optional()
    .describe(
      'Return results inside an object that contains the total result count (true) or as a direct array of results (false, default).',
    ),
};

/** Query parameters of checkpoint paging. */
export const checkpointPaging: { from: z.ZodOptional<z.ZodString>; take: z.ZodOptional<z.ZodInt> } = {
  from: z.string().min(1).optional().describe('Optional Id from which to start selection.'),
  take: z.int().min(1).max(largestPage).optional().describe('Number of results per page. Defaults to 50.'),
};

/** What of a validated query says which page is wanted. */
export interface PagingQuery {
  readonly page?: number | undefined;
  readonly per_page?: number | undefined;
  readonly include_totals?: boolean | undefined;
  readonly from?: string | undefined;
  readonly take?: number | undefined;
}

/** Whether `query` asks for a page by checkpoint, which wins over one by number. */
export function isByCheckpoint({ take, from }: PagingQuery): boolean {
  return take !== undefined || from !== undefined;
}

/**
 * The page that a validated query asks for at `nowMs`.
 * @throws {ManageRefusal} `invalid_paging` for a `from` that was not given out, or too long ago.
 */
export function pageRequest(query: PagingQuery, nowMs: number): PageRequest {
  if (isByCheckpoint(query)) {
    return { kind: 'after', after: query.from === undefined ? undefined : placeIn(query.from, nowMs), limit: query.take ?? defaultPage };
  }
  const perPage = query.per_page ?? defaultPage;
  return { kind: 'offset', offset: Math.min((query.page ?? 0) * perPage, largestOffset), limit: perPage };
}

/** A page as the Management API answers it: body, and the `Link` header where there is one. */
export interface PageAnswer {
  readonly body: unknown;
  readonly link: string | undefined;
}

/** A call of a list. */
export interface ListCall {
  readonly query: PagingQuery;
  /** Path and query. */
  readonly url: string;
  readonly parts: { readonly domain: string; readonly now: Now };
}

/**
 * Answers the page that `call` asks for, which `read` reads; `plural` is the key of its records. Throws {@link ManageRefusal} `invalid_paging` for a
 * `from` that was not given out.
 */
export async function answerPage<T>(
  { query, url, parts: { domain, now } }: ListCall,
  plural: string,
  { read, show }: { read: (page: PageRequest) => Promise<Page<T>>; show: (record: T) => unknown },
): Promise<PageAnswer> {
  const { items, total = 0, next } = await read(pageRequest(query, now()));
  const shown = items.map(show);
  if (isByCheckpoint(query)) {
    return { body: { ...(next !== undefined && { next: markOf(next, now()) }), [plural]: shown }, link: undefined };
  }
  const number = query.page ?? 0;
  const size = query.per_page ?? defaultPage;
  const body = query.include_totals ? { total, start: number * size, limit: size, [plural]: shown } : shown;
  return { body, link: size === 0 ? undefined : linkHeader({ domain, url }, { number, size, total }) };
}

// The scheme is http as recorded from Auth0, whatever the listener speaks: clients must not follow it blindly.
function linkHeader({ domain, url }: { domain: string; url: string }, page: { number: number; size: number; total: number }): string {
  const [path = '', query = ''] = url.split('?');
  const last = Math.max(0, Math.ceil(page.total / page.size) - 1);
  const to = (number: number, relation: string): string => {
    const parameters = new URLSearchParams(query);
    parameters.set('page', String(number));
    parameters.set('per_page', String(page.size));
    return `<http://${domain}${path}?${parameters.toString()}>; rel="${relation}"`;
  };
  return [to(0, 'first'), ...(page.number < last ? [to(page.number + 1, 'next')] : []), to(last, 'last')].join(', ');
}

/** What a program is given to ask for the page that begins after `place`; good for a day from `nowMs`. */
export function markOf(place: string, nowMs: number): string {
  return Buffer.from(JSON.stringify([place, nowMs])).toString('base64url');
}

function placeIn(cursor: string, nowMs: number): string {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw manageRefusals.invalidPaging();
  }
  const [place, givenAt] = Array.isArray(value) ? (value as unknown[]) : [];
  const isPlace = typeof place === 'string' && /^\d\.\d{1,15}$/.test(place);
  if (!isPlace || typeof givenAt !== 'number' || !(nowMs - givenAt < cursorLifeMs)) throw manageRefusals.invalidPaging();
  return place;
}
