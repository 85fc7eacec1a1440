import type { ShownLogEntry } from '@evertoken/tenant/contract';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { CodeBlock } from '../../parts/code-block.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { useAction } from '../../parts/use-action.ts';
import { useSteadyFocus } from '../../parts/use-steady-focus.ts';
import { dateWords } from '../date-words.ts';
import { ChoiceField, TextField } from '../fields.tsx';
import { useRested } from '../management/use-rested.ts';
import { Page, Pending } from '../page.tsx';
import { keepHere, keptText } from '../place-memory.ts';
import { useSearchText } from '../use-search-text.ts';
import { LogFeed, type LogView } from './log-feed.ts';
import { logTypeOf, logTypes } from './log-types.ts';

/** What happened, as it happens. */
export function LogsPage() {
  const [type, setType] = useState(() => keptText('type'));
  useEffect(() => keepHere('type', type), [type]);
  const [clientId, setClientId] = useSearchText();
  const [isFollowing, setFollowing] = useState(true);
  const [problem, setProblem] = useState<string | undefined>();
  const [shown, setShown] = useState<ShownLogEntry | undefined>();
  const rested = useRested(clientId.trim());
  // Another filter, another feed: no entry stands below a filter that would not let it through.
  const feed = useMemo(() => new LogFeed({ type, clientId: rested }), [type, rested]);
  useEffect(() => {
    // Of one that is not tried any more.
    setProblem(undefined);
    // A pause keeps what is there; a filter that is chosen in it is answered all the same.
    if (!isFollowing && feed.view.peek() !== undefined) return undefined;
    const abort = new AbortController();
    void feed.follow({ isOnce: !isFollowing, onProblem: setProblem, signal: abort.signal });
    return () => abort.abort();
  }, [feed, isFollowing]);
  const view = feed.view.value;
  return (
    <Page
      title="Logs"
      actions={
        <button type="button" class="outline" onClick={() => setFollowing(!isFollowing)}>
          {isFollowing ? 'Pause' : 'Go on'}
        </button>
      }
    >
      <div class="in-a-row">
        <ChoiceField label="Type" value={type} choices={[{ value: '', title: 'All types' }, ...logTypes]} onChoose={setType} />
        <TextField label="Client ID" type="search" value={clientId} onInput={setClientId} placeholder="All clients" />
      </div>
      <p role="status" class={problem === undefined ? 'quiet' : 'bad'}>
        {problem !== undefined ? `${problem} Trying again.` : isFollowing ? 'Live: new entries appear by themselves.' : 'Paused.'}
      </p>
      {view === undefined ? (
        problem === undefined && <Pending problem={undefined} onRetry={() => undefined} />
      ) : (
        <>
          <LogTable entries={view.entries} onShow={setShown} />
          <OlderButton feed={feed} view={view} />
        </>
      )}
      {shown !== undefined && (
        <Dialog title={logTypeOf(shown.type).title} onClose={() => setShown(undefined)}>
          <CodeBlock label="The entry" text={JSON.stringify(shown, undefined, 2)} />
          <footer class="buttons">
            <button type="button" onClick={() => setShown(undefined)}>
              Close
            </button>
          </footer>
        </Dialog>
      )}
    </Page>
  );
}

/** Never disabled, which would take the keyboard away from it. */
function OlderButton({ feed, view: { entries, hasOlder } }: { feed: LogFeed; view: LogView }) {
  const { run, isBusy, problem } = useAction();
  return (
    <p>
      <button
        type="button"
        class="small outline secondary"
        aria-busy={isBusy}
        aria-disabled={isBusy || !hasOlder}
        onClick={() => hasOlder && run(() => feed.readOlder())}
      >
        Older
      </button>{' '}
      <span class="quiet">{reachOf(entries.length, hasOlder)}</span>{' '}
      {problem !== undefined && (
        <span role="alert" class="bad">
          {problem}
        </span>
      )}
    </p>
  );
}

function reachOf(count: number, hasOlder: boolean): string {
  return hasOlder ? `The newest ${count.toLocaleString('en')} are shown.` : 'All are shown.';
}

function LogTable({ entries, onShow }: { entries: readonly ShownLogEntry[]; onShow: (entry: ShownLogEntry) => void }) {
  const table = useRef<HTMLTableElement>(null);
  useSteadyFocus(table);
  if (entries.length === 0) return <p class="quiet">No entry.</p>;
  return (
    <table ref={table} class="list">
      <thead>
        <tr>
          <th scope="col">Type</th>
          <th scope="col">Description</th>
          <th scope="col">Date</th>
          <th scope="col">Application</th>
          <th scope="col">
            <span class="heard">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => {
          const { title, isFailure } = logTypeOf(entry.type);
          const date = dateWords(entry.date ?? 0);
          return (
            <tr key={entry.log_id}>
              <th scope="row">
                <span class={isFailure ? 'bad' : 'good'}>{isFailure ? '✕ ' : '✓ '}</span>
                {title}
              </th>
              <td data-label="Description">{textOf(entry['description']) ?? textOf(entry['audience']) ?? '–'}</td>
              <td data-label="Date">{date}</td>
              <td data-label="Application">{textOf(entry['client_name']) ?? textOf(entry['client_id']) ?? '–'}</td>
              <td>
                <button
                  type="button"
                  class="small outline secondary"
                  onClick={() => onShow(entry)}
                  aria-label={`Details of ${title}, ${date}`}
                >
                  Details
                </button>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
