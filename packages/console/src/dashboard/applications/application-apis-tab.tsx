import type { ShownClient } from '@evertoken/tenant/contract';
import { apiPage } from '../apis/api-list.ts';
import { GrantRow } from '../grants/grant-row.tsx';
import { grantsOf } from '../grants/grants.ts';
import { useAnswer } from '../management/use-answer.ts';
import { Pager, Pending } from '../page.tsx';
import { hrefOf } from '../route.ts';
import { usePages } from '../use-pages.ts';

const pageSize = 50;

/** For which APIs an application may have tokens. */
export function ApplicationApisTab({ application }: { application: ShownClient }) {
  const { client_id: id = '', grant_types: grantTypes = [] } = application;
  const grants = useAnswer(`grants of ${id}`, () => grantsOf({ client_id: id }));
  const apis = usePages('apis', pageSize, (page) => apiPage(page, pageSize));
  if (grants.value === undefined) return <Pending problem={grants.problem} onRetry={grants.reload} />;
  if (apis.shown === undefined) return <Pending problem={apis.problem} onRetry={apis.reload} />;
  const { value: held } = grants;
  return (
    <>
      <h2>APIs</h2>
      {!grantTypes.includes('client_credentials') && (
        <p class="bad">This application has not the grant type client_credentials: it gets no token, whatever is authorized here.</p>
      )}
      <ul class="grants">
        {apis.shown.resource_servers.map((api) => (
          <GrantRow
            key={api.id}
            title={api.name ?? api.identifier ?? ''}
            href={hrefOf('apis', api.id ?? '')}
            detail={api.identifier ?? ''}
            clientId={id}
            api={api}
            grant={held.find(({ audience }) => audience === api.identifier)}
            onChange={(grant) =>
              grants.change((present) => {
                const others = present.filter(({ audience }) => audience !== api.identifier);
                return grant === undefined ? others : [...others, grant];
              })
            }
          />
        ))}
      </ul>
      {apis.shown.total > pageSize && <Pager pages={apis} />}
    </>
  );
}
