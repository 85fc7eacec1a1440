import type { Application } from '../../model/application.ts';
import type { Page } from '../../store/page.ts';
import type { Answer, Call } from '../operation.ts';
import { pageAnswer, pageRequest } from '../paging.ts';
import { secretsIn } from '../secrets.ts';
import { type ClientListQuery, clientFilter } from './client-queries.ts';
import { clientSight, visibilityOf } from './client-visibility.ts';

const none: Page<Application> = { items: [], total: 0, next: undefined };

/** `GET /api/v2/clients` (contract §7). A page by number is kept until a write: its cost must not grow with the store. */
export async function clientList(call: Call<ClientListQuery, unknown, unknown>): Promise<Answer> {
  const { query, bearer, parts, url } = call;
  const { clientPages, store, index, tenant, domain, now } = parts;
  // The marks in checkpoint pages are good for a day from now, so those pages are made each time.
  const isKept = query.take === undefined && query.from === undefined;
  const key = `${visibilityOf(bearer)} ${url}`;
  const kept = isKept ? clientPages.get(key) : undefined;
  if (kept !== undefined) return kept;
  const { generation } = clientPages;

  const see = clientSight(bearer, query, { tenant, certificate: index.currentKey().certificate });
  const filter = clientFilter(query);
  const request = pageRequest(query, now());
  const page = filter === undefined ? none : await store.applications(filter, request);
  const { body, link } = pageAnswer(page, page.items.map(see), { query, plural: 'clients', domain, url, nowMs: now() });
  const answer = { bytes: Buffer.from(JSON.stringify(body)), link, secrets: secretsIn(body) };
  if (isKept) clientPages.keep(key, answer, generation);
  return answer;
}
