import type { PageRequest } from '../../store/page.ts';
import type { Answer, Call } from '../operation.ts';
import type { KeptPage } from '../page-cache.ts';
import { answerPage, markOf, pageRequest } from '../paging.ts';
import { secretsIn } from '../secrets.ts';
import { type ClientListQuery, clientFilter } from './client-queries.ts';
import { clientSight, visibilityOf } from './client-visibility.ts';

type ListCall = Call<ClientListQuery, unknown, unknown>;

/** `GET /api/v2/clients`. A page is kept until a write: its cost must not grow with the store. */
export async function clientList(call: ListCall): Promise<Answer> {
  const { query, bearer, url } = call;
  const { clientPages, now } = call.parts;
  const page = pageRequest(query, now());
  // The mark that a program comes with is another each time, also where its place is the same.
  const key = `${visibilityOf(bearer)} ${page.kind === 'after' ? JSON.stringify({ ...query, from: page.after }) : url}`;
  let kept = clientPages.get(key);
  if (kept === undefined) {
    const { generation } = clientPages;
    kept = await readPage(call, page);
    clientPages.keep(key, kept, generation);
  }
  return { bytes: markedBytes(kept, now()), link: kept.link, secrets: kept.secrets };
}

async function readPage(call: ListCall, page: PageRequest): Promise<KeptPage> {
  const { query, bearer, parts } = call;
  const { store, index, tenant } = parts;
  const show = clientSight(bearer, query, { tenant, certificate: index.currentKey().certificate });
  const filter = clientFilter(query);
  if (page.kind === 'after') {
    const { items, next } = await store.applications(filter, page);
    const body = { clients: items.map(show) };
    return { bytes: Buffer.from(JSON.stringify(body)), next, link: undefined, secrets: secretsIn(body) };
  }
  const { body, link } = await answerPage(call, 'clients', { read: (asked) => store.applications(filter, asked), show });
  return { bytes: Buffer.from(JSON.stringify(body)), next: undefined, link, secrets: secretsIn(body) };
}

/**
 * The page with the mark of the next one before all else. A mark is good for a day from when it was made, so one is made for each second in which the page
 * is asked for; one for each answer would be a copy of all of it each time.
 */
function markedBytes(kept: KeptPage, nowMs: number): Buffer {
  const { bytes, next } = kept;
  if (next === undefined) return bytes;
  const second = Math.floor(nowMs / 1_000);
  if (kept.marked?.second !== second) {
    kept.marked = { second, bytes: Buffer.concat([Buffer.from(`{"next":"${markOf(next, nowMs)}",`), bytes.subarray(1)]) };
  }
  return kept.marked.bytes;
}
