import type { ShownResourceServer } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { applicationPage } from '../applications/application-index.ts';
import { GrantRow } from '../grants/grant-row.tsx';
import { grantsOf } from '../grants/grants.ts';
import { useAnswer } from '../management/use-answer.ts';
import { Pager, Pending } from '../page.tsx';
import { hrefOf } from '../route.ts';

const pageSize = 25;

/** Which machine-to-machine applications may have tokens for an API. */
export function ApiApplicationsTab({ api }: { api: ShownResourceServer }) {
  const { identifier = '' } = api;
  const [page, setPage] = useState(0);
  const grants = useAnswer(`grants on ${identifier}`, () => grantsOf({ audience: identifier }));
  const applications = useAnswer(`machines ${page}`, () => applicationPage(page, pageSize, { app_type: 'non_interactive' }));
  if (grants.value === undefined) return <Pending problem={grants.problem} onRetry={grants.reload} />;
  if (applications.value === undefined) return <Pending problem={applications.problem} onRetry={applications.reload} />;
  const { value: held } = grants;
  const { clients, total } = applications.value;
  return (
    <>
      <h2>Machine to Machine Applications</h2>
      <p class="quiet">{held.length === 1 ? 'One application is' : `${held.length} applications are`} authorized for this API.</p>
      <ul class="grants">
        {clients.map(({ client_id: id = '', name = '' }) => (
          <GrantRow
            key={id}
            title={name}
            href={hrefOf('applications', id)}
            detail={id}
            clientId={id}
            api={api}
            grant={held.find((grant) => grant.client_id === id)}
            onChange={(grant) => {
              const others = held.filter((other) => other.client_id !== id);
              grants.replace(grant === undefined ? others : [...others, grant]);
            }}
          />
        ))}
      </ul>
      <Pager page={page} size={pageSize} total={total} onPage={setPage} />
    </>
  );
}
