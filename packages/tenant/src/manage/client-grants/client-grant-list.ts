import type { ClientGrantFilter } from '../../store/tenant-store.ts';
import type { Call } from '../operation.ts';
import { answerPage, type PageAnswer, type PagingQuery } from '../paging.ts';
import { clientGrantView } from './client-grant-view.ts';

/** Answers the page of client grants that `call` asks for: of its client and its audience, and further as `filter` says. */
export async function clientGrantList(
  call: Call<PagingQuery & { readonly client_id?: string | undefined; readonly audience?: string | undefined }, unknown, unknown>,
  filter: ClientGrantFilter,
): Promise<PageAnswer> {
  const { client_id: clientId, audience } = call.query;
  const { store, index } = call.parts;
  // An audience that is none is that of no API, which no grant has.
  const resourceServerId = audience === undefined ? undefined : (index.resourceServer(audience)?.id ?? '');
  return await answerPage(call, 'client_grants', {
    read: (page) => store.clientGrants({ ...filter, clientId, resourceServerId }, page),
    show: (grant) => clientGrantView(grant, index),
  });
}
