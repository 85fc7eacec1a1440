import type { ShownResourceServer } from '@evertoken/tenant/contract';
import type { ComponentChildren } from 'preact';
import { applicationPage, type ListedApplication } from '../applications/application-index.ts';
import { SearchLine } from '../applications/search-line.tsx';
import { useApplicationSearch } from '../applications/use-application-search.ts';
import { TextField } from '../fields.tsx';
import { GrantRow } from '../grants/grant-row.tsx';
import { grantsOf } from '../grants/grants.ts';
import { useAnswer } from '../management/use-answer.ts';
import { Pager, Pending } from '../page.tsx';
import { hrefOf } from '../route.ts';
import { usePages } from '../use-pages.ts';
import { useSearchText } from '../use-search-text.ts';

const pageSize = 25;
const machineType = 'non_interactive';

/** Which machine-to-machine applications may have tokens for an API. */
export function ApiApplicationsTab({ api }: { api: ShownResourceServer }) {
  const { identifier = '' } = api;
  const [text, setText] = useSearchText();
  const grants = useAnswer(`grants on ${identifier}`, () => grantsOf({ audience: identifier }));
  if (grants.value === undefined) return <Pending problem={grants.problem} onRetry={grants.reload} />;
  const { value: held, change } = grants;
  const row = ({ client_id: id = '', name = '' }: ListedApplication) => (
    <GrantRow
      key={id}
      title={name}
      href={hrefOf('applications', id)}
      detail={id}
      clientId={id}
      api={api}
      grant={held.find((grant) => grant.client_id === id)}
      onChange={(grant) =>
        change((present) => {
          const others = present.filter((other) => other.client_id !== id);
          return grant === undefined ? others : [...others, grant];
        })
      }
    />
  );
  return (
    <>
      <h2>Machine to Machine Applications</h2>
      <p class="quiet">{held.length === 1 ? 'One application is' : `${held.length} applications are`} authorized for this API.</p>
      <TextField label="Search" type="search" value={text} onInput={setText} placeholder="Name or Client ID" />
      {text.trim() === '' ? <AllMachines row={row} /> : <FoundMachines text={text.trim()} row={row} />}
    </>
  );
}

type Row = (application: ListedApplication) => ComponentChildren;

function AllMachines({ row }: { row: Row }) {
  const pages = usePages('machines', pageSize, (page) => applicationPage(page, pageSize, { app_type: machineType }));
  if (pages.shown === undefined) return <Pending problem={pages.problem} onRetry={pages.reload} />;
  return (
    <>
      <ul class="grants">{pages.shown.clients.map(row)}</ul>
      <Pager pages={pages} />
    </>
  );
}

function FoundMachines({ text, row }: { text: string; row: Row }) {
  const search = useApplicationSearch(text);
  if (search.found === undefined) return <Pending problem={search.problem} onRetry={search.retry} />;
  const machines = search.found.filter(({ app_type: type }) => type === machineType);
  return (
    <>
      <SearchLine search={{ ...search, found: machines }} most={pageSize} />
      <ul class="grants">{machines.slice(0, pageSize).map(row)}</ul>
    </>
  );
}
