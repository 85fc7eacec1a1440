import { useEffect, useState } from 'preact/hooks';
import { CopyButton } from '../../parts/copy-button.tsx';
import { browserClock } from '../../parts/page-clock.ts';
import { TextField } from '../fields.tsx';
import { useAnswer } from '../management/use-answer.ts';
import { Page, Pager, Pending } from '../page.tsx';
import { hrefOf } from '../route.ts';
import { applicationPage, type ListedApplication, searchApplications } from './application-index.ts';
import { typeTitleOf } from './application-type.ts';
import { NewApplicationDialog } from './new-application-dialog.tsx';

const pageSize = 50;

/** All applications, by pages of the tenant; or those that a search finds. */
export function ApplicationsPage() {
  const [search, setSearch] = useState('');
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
  const [page, setPage] = useState(0);
  const { value, problem, reload } = useAnswer(`applications ${page}`, () => applicationPage(page, pageSize));
  const [shown, setShown] = useState(value);
  // The page before stays while the next is on its way.
  useEffect(() => {
    if (value !== undefined) setShown(value);
  }, [value]);
  if (shown === undefined || problem !== undefined) return <Pending problem={problem} onRetry={reload} />;
  return (
    <>
      <ApplicationTable applications={shown.clients} />
      <Pager page={page} size={pageSize} total={shown.total} onPage={setPage} />
    </>
  );
}

function FoundApplications({ text }: { text: string }) {
  const [state, setState] = useState<{ found: readonly ListedApplication[]; searched: number; isAll: boolean }>();
  const [problem, setProblem] = useState<string | undefined>();
  useEffect(() => {
    const abort = new AbortController();
    // Not with every key that is pressed.
    const timer = browserClock.setTimer(() => {
      setProblem(undefined);
      searchApplications(text, (found, searched, isAll) => setState({ found, searched, isAll }), abort.signal).catch((error: unknown) =>
        setProblem((error as Error).message),
      );
    }, 150);
    return () => {
      timer.cancel();
      abort.abort();
    };
  }, [text]);
  if (state === undefined || problem !== undefined) return <Pending problem={problem} onRetry={() => setProblem(undefined)} />;
  const { found, searched, isAll } = state;
  return (
    <>
      <p role="status" aria-busy={!isAll}>
        {`${found.length.toLocaleString('en')} found among ${searched.toLocaleString('en')} applications`}
        {found.length > pageSize ? `; the first ${pageSize} are shown.` : '.'}
      </p>
      <ApplicationTable applications={found.slice(0, pageSize)} />
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
