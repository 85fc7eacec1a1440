import type { ShownLogEntry } from '@evertoken/tenant/contract';
import { useEffect, useState } from 'preact/hooks';
import { CodeBlock } from '../../parts/code-block.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { ChoiceField, TextField } from '../fields.tsx';
import { Page, Pending } from '../page.tsx';
import { followLogs } from './follow-logs.ts';
import { logTypeOf, logTypes } from './log-types.ts';

/** What happened, as it happens. */
export function LogsPage() {
  const [type, setType] = useState('');
  const [clientId, setClientId] = useState('');
  const [isFollowing, setFollowing] = useState(true);
  const [entries, setEntries] = useState<readonly ShownLogEntry[] | undefined>();
  const [problem, setProblem] = useState<string | undefined>();
  const [shown, setShown] = useState<ShownLogEntry | undefined>();
  useEffect(() => {
    if (!isFollowing) return undefined;
    const abort = new AbortController();
    void followLogs({ type, clientId: clientId.trim() }, { onChange: setEntries, onProblem: setProblem, signal: abort.signal });
    return () => abort.abort();
  }, [type, clientId, isFollowing]);
  return (
    <Page
      title="Logs"
      actions={
        <button type="button" class="outline" aria-pressed={!isFollowing} onClick={() => setFollowing(!isFollowing)}>
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
      {entries === undefined ? (
        problem === undefined && <Pending problem={undefined} onRetry={() => undefined} />
      ) : (
        <LogTable entries={entries} onShow={setShown} />
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

function LogTable({ entries, onShow }: { entries: readonly ShownLogEntry[]; onShow: (entry: ShownLogEntry) => void }) {
  if (entries.length === 0) return <p class="quiet">No entry.</p>;
  return (
    <table class="list">
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
          const date = new Date(entry.date ?? 0).toLocaleString();
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
