import { useState } from 'preact/hooks';
import { CopyButton } from '../../parts/copy-button.tsx';
import { TextField } from '../fields.tsx';
import { Page, Pager, Pending } from '../page.tsx';
import { hrefOf } from '../route.ts';
import { usePages } from '../use-pages.ts';
import { useSearchText } from '../use-search-text.ts';
import { applicationPage, type ListedApplication } from './application-index.ts';
import { typeTitleOf } from './application-type.ts';
import { NewApplicationDialog } from './new-application-dialog.tsx';
import { SearchLine } from './search-line.tsx';
import { useApplicationSearch } from './use-application-search.ts';

const pageSize = 50;

/** All applications, by pages of the tenant; or those that a search finds. */
export function ApplicationsPage() {
  const [search, setSearch] = useSearchText();
  const [isCreating, setCreating] = useState(false);
  return (
    <Page
      title="Applications"
      actions={
        <button type="button" onClick={() => setCreating(true)}>
          Create Application
        </button>
      }
    >
      <TextField label="Search" type="search" value={search} onInput={setSearch} placeholder="Name or Client ID" />
      {search.trim() === '' ? <AllApplications /> : <FoundApplications text={search.trim()} />}
      {isCreating && <NewApplicationDialog onClose={() => setCreating(false)} />}
    </Page>
  );
}

function AllApplications() {
  const pages = usePages('applications', pageSize, (page) => applicationPage(page, pageSize));
  if (pages.shown === undefined) return <Pending problem={pages.problem} onRetry={pages.reload} />;
  return (
    <>
      <ApplicationTable applications={pages.shown.clients} />
      <Pager pages={pages} />
    </>
  );
}

function FoundApplications({ text }: { text: string }) {
  const search = useApplicationSearch(text);
  if (search.found === undefined) return <Pending problem={search.problem} onRetry={search.retry} />;
  return (
    <>
      <SearchLine search={search} most={pageSize} />
      <ApplicationTable applications={search.found.slice(0, pageSize)} />
    </>
  );
}

function ApplicationTable({ applications }: { applications: readonly ListedApplication[] }) {
  if (applications.length === 0) return <p class="quiet">No application.</p>;
  return (
    <table class="list">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Type</th>
          <th scope="col">Client ID</th>
        </tr>
      </thead>
      <tbody>
        {applications.map((application) => {
          const { client_id: id = '', name = '' } = application;
          return (
            <tr key={id}>
              <th scope="row">
                <a href={hrefOf('applications', id)}>{name === '' ? id : name}</a>
              </th>
              <td data-label="Type">{typeTitleOf(application)}</td>
              <td data-label="Client ID">
                <span class="with-buttons">
                  <code>{id}</code>
                  <CopyButton label="Copy" text={id} what={`the Client ID of ${name}`} />
                </span>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
