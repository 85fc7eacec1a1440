import type { HistoryEntry, TokenHistory, TokenStanding } from '@evertoken/agent/contract';
import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { requestJson } from '../parts/request-json.ts';
import { TableRoom } from '../parts/table-room.tsx';
import { now } from '../parts/ticking.ts';
import { momentWords } from '../parts/time-words.ts';
import { plotHistory } from './history-plot.ts';

/** What happened to a token: a plot, and the same as a table. */
export function TokenHistoryView({ token }: { token: Signal<TokenStanding> }) {
  const { name, happened } = token.value;
  const entries = useSignal<readonly HistoryEntry[] | undefined>(undefined);
  const problem = useSignal('');
  // Another number of entries means that there is something new to ask for.
  useEffect(() => {
    let isWanted = true;
    requestJson<TokenHistory>(`history/${encodeURIComponent(name)}`).then(
      (history) => {
        if (isWanted) entries.value = history.entries;
      },
      (error: Error) => {
        if (isWanted) problem.value = error.message;
      },
    );
    return () => {
      isWanted = false;
    };
  }, [name, happened]);
  if (entries.value === undefined) return <p>{problem.value === '' ? 'Asking the agent …' : problem.value}</p>;
  if (entries.value.length === 0) return <p>Nothing has happened to it since the agent started.</p>;
  return (
    <>
      <Plot entries={entries.value} />
      <HistoryTable entries={entries.value} name={name} />
    </>
  );
}

function Plot({ entries }: { entries: readonly HistoryEntry[] }) {
  const room = useRef<HTMLDivElement>(null);
  useEffect(() => (room.current === null ? undefined : plotHistory(room.current, entries)), [entries]);
  return (
    <figure>
      <div ref={room} class="plot" aria-hidden="true" />
      <figcaption class="quiet">
        <span class="minted">● minted</span> <span class="adopted">◆ from the store</span> <span class="failed">✖ failed</span>{' '}
        <span class="rejected">▲ refused by an API</span>; height: how long the issuer took
      </figcaption>
    </figure>
  );
}

const kinds = { minted: 'minted', adopted: 'taken from the store', failed: 'failed', rejected: 'refused by an API' } as const;

function HistoryTable({ entries, name }: { entries: readonly HistoryEntry[]; name: string }) {
  return (
    <TableRoom label={`History of ${name}`} isLong>
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">What</th>
            <th scope="col">Token or reason</th>
            <th scope="col" class="number">
              Took
            </th>
          </tr>
        </thead>
        <tbody>
          {entries.toReversed().map((entry) => (
            <tr key={`${entry.at} ${entry.kind} ${entry.fingerprint}`}>
              <td>{momentWords(entry.at, now.peek())}</td>
              <td>{kinds[entry.kind]}</td>
              <td>
                {entry.fingerprint !== null && <code>{entry.fingerprint}</code>} {entry.note}
              </td>
              <td class="number">{entry.durationMs === null ? '–' : `${entry.durationMs} ms`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableRoom>
  );
}
