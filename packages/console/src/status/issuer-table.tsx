import type { IssuerStanding } from '@evertoken/agent/contract';
import type { Signal } from '@preact/signals';
import { TableRoom } from '../parts/table-room.tsx';
import { now } from '../parts/ticking.ts';
import { distanceWords, durationWords } from '../parts/time-words.ts';
import type { StatusStore } from './status-store.ts';
import type { Concern } from './token-words.ts';

/** Whom the tokens come from, and how they answer. */
export function IssuerTable({ store }: { store: StatusStore }) {
  return (
    <section aria-labelledby="issuers">
      <h2 id="issuers">Issuers</h2>
      <TableRoom label="Table of issuers">
        <table>
          <thead>
            <tr>
              <th scope="col">Issuer</th>
              <th scope="col">Health</th>
              <th scope="col">Last asked</th>
              <th scope="col">Last answer</th>
              <th scope="col">Back-off</th>
            </tr>
          </thead>
          <tbody>
            {store.issuers.value.map((issuer) => (
              <IssuerRow key={issuer.peek().issuer} issuer={issuer} />
            ))}
          </tbody>
        </table>
      </TableRoom>
    </section>
  );
}

const healths: Readonly<
  Record<IssuerStanding['health'], { readonly words: string; readonly concern: Concern | ''; readonly mark: string }>
> = {
  unknown: { words: 'not asked since the start', concern: '', mark: '' },
  good: { words: 'good', concern: 'good', mark: '●' },
  refusing: { words: 'answers, and refused the last request', concern: 'watch', mark: '▲' },
  failing: { words: 'in trouble', concern: 'bad', mark: '✖' },
};

function IssuerRow({ issuer }: { issuer: Signal<IssuerStanding> }) {
  const { issuer: url, health, askedAt, durationMs, answer, failures, leftAloneUntil } = issuer.value;
  const { words, concern, mark } = healths[health];
  return (
    <tr>
      <th scope="row">{url}</th>
      <td>
        <span class={`state ${concern}`}>
          {mark !== '' && <span aria-hidden="true">{mark} </span>}
          {words}
        </span>
      </td>
      <td>{askedAt === null ? '–' : distanceWords(Math.min(askedAt, now.value), now.value)}</td>
      <td>
        {answer ?? '–'}
        {durationMs !== null && <span class="quiet"> within {durationMs} ms</span>}
      </td>
      <td>
        {leftAloneUntil !== null && leftAloneUntil > now.value
          ? `left alone for ${durationWords(leftAloneUntil - now.value)}, after ${failures === 1 ? 'one failure' : `${failures} failures`}`
          : 'none'}
      </td>
    </tr>
  );
}
