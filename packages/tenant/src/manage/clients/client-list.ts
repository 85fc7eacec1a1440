import type { PageRequest } from '../../store/page.ts';
import type { Answer, Call } from '../operation.ts';
import type { KeptPage } from '../page-cache.ts';
import { answerPage, markOf, pageRequest } from '../paging.ts';
import { secretsIn } from '../secrets.ts';
import { type ClientListQuery, clientFilter } from './client-queries.ts';
import { clientSight, visibilityOf } from './client-visibility.ts';

type ListCall = Call<ClientListQuery, unknown, unknown>;

/** `GET /api/v2/clients` (contract §7). A page is kept until a write: its cost must not grow with the store. */
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
  const { bytes, next, link, secrets } = kept;
  return { bytes: next === undefined ? bytes : withMark(bytes, markOf(next, now())), link, secrets };
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

/** `object`, which is one in JSON and not empty, with the mark of the next page before all else: a mark is good for a day from now. */
function withMark(object: Buffer, mark: string): Buffer {
  return Buffer.concat([Buffer.from(`{"next":"${mark}",`), object.subarray(1)]);
}
