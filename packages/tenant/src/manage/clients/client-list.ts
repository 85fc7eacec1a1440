import type { Answer, Call } from '../operation.ts';
import { answerPage, isByCheckpoint } from '../paging.ts';
import { secretsIn } from '../secrets.ts';
import { type ClientListQuery, clientFilter } from './client-queries.ts';
import { clientSight, visibilityOf } from './client-visibility.ts';

/** `GET /api/v2/clients` (contract §7). A page by number is kept until a write: its cost must not grow with the store. */
export async function clientList(call: Call<ClientListQuery, unknown, unknown>): Promise<Answer> {
  const { query, bearer, parts, url } = call;
  const { clientPages, store, index, tenant } = parts;
  // The marks in checkpoint pages are good for a day from now, so those pages are made each time.
  const isKept = !isByCheckpoint(query);
  const key = `${visibilityOf(bearer)} ${url}`;
  const kept = isKept ? clientPages.get(key) : undefined;
  if (kept !== undefined) return kept;
  const { generation } = clientPages;

  const show = clientSight(bearer, query, { tenant, certificate: index.currentKey().certificate });
  const filter = clientFilter(query);
  const { body, link } = await answerPage(call, 'clients', { read: (page) => store.applications(filter, page), show });
  const answer = { bytes: Buffer.from(JSON.stringify(body)), link, secrets: secretsIn(body) };
  if (isKept) clientPages.keep(key, answer, generation);
  return answer;
}
