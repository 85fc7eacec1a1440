import { z } from 'zod';
import { type ShownLogEntry, shownLogEntry } from '../../log/shown-log-entry.ts';
import { logPlaceAt } from '../../model/log-id.ts';
import type { LogQuery, PageRequest } from '../../store/page.ts';
import { cutTo, type FieldQuery, fieldSelection } from '../field-selection.ts';
import { manageRefusals } from '../manage-refusal.ts';
import { type Answer, type Call, type Operation, operation } from '../operation.ts';
import { answerPage, isByCheckpoint, offsetPaging, type PagingQuery } from '../paging.ts';
import { logFilter } from './log-search.ts';

const tag = 'logs';
const scopes = { anyOf: ['read:logs', 'read:logs_users'] };
/** So many results can be paged through by number, as at Auth0. */
const mostByNumber = 1_000;
/** Where several nodes write, an entry is given by checkpoint when it is so old, ms: by then those that sort before it are there, also of a slow write. */
const settledMs = 10_000;
/** Entries name secrets, which were blotted out before they were written: whoever reads them has read none, and leaves no entry of it. */
const noSecrets: readonly string[] = [];

interface LogListQuery extends FieldQuery, PagingQuery {
  readonly q?: string | undefined;
  readonly search?: string | undefined;
  readonly sort?: string | undefined;
}

const listQuery: z.ZodType<LogListQuery> = z.strictObject({
  ...fieldSelection,
  ...offsetPaging,
  from: z
    .string()
    .regex(/^\d{1,100}$/)
    .optional()
    .describe('Log Event Id to start retrieving logs from.'),
  take: z.int().min(1).max(100).optional().describe('Number of entries to retrieve when using the `from` parameter.'),
  sort: z
    .string()
    .regex(/^date:(1|-1)$/)
    .optional()
    .describe('Field to use for sorting appended with `:1` for ascending and `:-1` for descending, e.g. `date:-1`'),
  q: z.string().max(1_000).optional().describe('Retrieves logs that match the specified search criteria.'),
  search: z.string().max(1_000).optional().describe('Retrieves logs that match the specified search criteria.'),
});

const entry: z.ZodType<ShownLogEntry> = z.looseObject({
  date: z.string().optional(),
  type: z.string().optional(),
  log_id: z.string().optional(),
  _id: z.string().optional(),
});

/** Operations of `/logs`. */
export const logOperations: readonly Operation[] = [
  operation({
    id: 'get_logs',
    method: 'GET',
    path: '/logs',
    summary: 'Search log events',
    tag,
    scopes,
    endpoint: 'read_logs',
    query: listQuery,
    status: 200,
    response: z.union([
      z.array(entry),
      z.strictObject({ total: z.int(), start: z.int(), limit: z.int(), length: z.int(), logs: z.array(entry) }),
    ]),
    differs: 'Only the types that concern machines. `sort` knows `date` alone.',
    handle: (call) => (isByCheckpoint(call.query) ? byCheckpoint(call) : byNumber(call)),
  }),
  operation({
    id: 'get_logs_by_id',
    method: 'GET',
    path: '/logs/{id}',
    summary: 'Get a log event by id',
    tag,
    scopes,
    endpoint: 'read_logs',
    pathParameters: z.object({ id: z.string().describe('log_id of the log to retrieve.') }),
    status: 200,
    response: entry,
    refusals: { 404: 'There is no such entry, or it is too old to be kept.' },
    handle: async ({ path, parts: { store, domain } }) => {
      const found = await store.log(path.id);
      if (found === undefined) throw manageRefusals.noSuchLog();
      return { body: shownLogEntry(found, domain), secrets: noSecrets };
    },
  }),
];

// Without `sort` the newest come first: Auth0 documents no order.
async function byNumber(call: Call<LogListQuery, unknown, unknown>): Promise<Answer> {
  const { query, parts } = call;
  const filter = logFilter(query.q ?? query.search, parts.domain);
  const order = query.sort === 'date:1' ? 'oldest first' : 'newest first';
  const cut = cutTo(query);
  const { body, link } = await answerPage(call, 'logs', {
    read: (page) => parts.store.logs({ filter, order, page: withinFirst(page, query.include_totals ? undefined : mostByNumber) }),
    show: (found) => cut(shownLogEntry(found, parts.domain)),
  });
  if (!query.include_totals) return { body, link, secrets: noSecrets };
  const { logs, ...totals } = body as { logs: readonly unknown[] };
  return { body: { ...totals, length: logs.length, logs }, link, secrets: noSecrets };
}

function withinFirst(page: PageRequest, countUpTo: number | undefined): LogQuery['page'] {
  if (page.kind === 'after') return page;
  return { ...page, limit: Math.max(0, Math.min(page.limit, mostByNumber - page.offset)), countUpTo };
}

// A bare array, and a link to what comes after its last entry; where there is none yet, to the same place again. Whatever else was asked for is
// ignored, as the service documents it: an entry that a filter left out would seem never to have been.
async function byCheckpoint({ query, parts: { store, domain, now } }: Call<LogListQuery, unknown, unknown>): Promise<Answer> {
  const { from, take = 50 } = query;
  const before = store.isShared ? logPlaceAt(now() - settledMs) : undefined;
  const page = await store.logs({ order: 'oldest first', page: { kind: 'after', after: from, before, limit: take } });
  const last = page.items.at(-1)?.id ?? from;
  const link = last === undefined ? undefined : `<https://${domain}/api/v2/logs?from=${last}&take=${take}>; rel="next"`;
  return { body: page.items.map((found) => shownLogEntry(found, domain)), link, secrets: noSecrets };
}
