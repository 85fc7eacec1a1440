import type { AppStanding } from '@evertoken/agent/contract';
import { type Signal, useSignal } from '@preact/signals';
import { TableRoom } from '../parts/table-room.tsx';
import { now } from '../parts/ticking.ts';
import { distanceWords } from '../parts/time-words.ts';
import { KeyDialog } from './key-dialog.tsx';
import type { StatusStore } from './status-store.ts';

/** Who uses the agent, and how much. */
export function AppTable({ store }: { store: StatusStore }) {
  const isMaking = useSignal(false);
  return (
    <section aria-labelledby="apps">
      <div class="section-head">
        <h2 id="apps">Apps</h2>
        <button type="button" class="secondary outline" onClick={() => (isMaking.value = true)}>
          Make an app key
        </button>
      </div>
      <TableRoom label="Table of apps">
        <table>
          <thead>
            <tr>
              <th scope="col">App</th>
              <th scope="col">Last used</th>
              <th scope="col" class="number">
                Tokens given
              </th>
              <th scope="col" class="number">
                Calls passed on
              </th>
              <th scope="col" class="number">
                Refused
              </th>
              <th scope="col" class="number">
                Rate
              </th>
              <th scope="col">May read</th>
              <th scope="col">May call with</th>
              <th scope="col">Keys</th>
            </tr>
          </thead>
          <tbody>
            {store.apps.value.map((app) => (
              <AppRow key={app.peek().name} app={app} />
            ))}
          </tbody>
        </table>
      </TableRoom>
      {isMaking.value && <KeyDialog store={store} onClose={() => (isMaking.value = false)} />}
    </section>
  );
}

function AppRow({ app }: { app: Signal<AppStanding> }) {
  const { name, lastUsedAt, handOuts, proxied, refusals, lastRefusal, perSecond, reads, calls, keysEnd } = app.value;
  const isApp = !name.startsWith('(');
  return (
    <tr>
      <th scope="row">{namesOfOthers[name] ?? name}</th>
      <td>{lastUsedAt === null ? 'not yet' : <Ago at={lastUsedAt} />}</td>
      <td class="number">{handOuts.toLocaleString('en')}</td>
      <td class="number">{proxied.toLocaleString('en')}</td>
      <td class="number">
        {refusals.toLocaleString('en')}
        {lastRefusal !== null && (
          <span class="quiet">
            {' '}
            ({lastRefusal.status}, <Ago at={lastRefusal.at} />)
          </span>
        )}
      </td>
      <td class="number">{perSecond.toLocaleString('en')} /s</td>
      <td>{reads.join(', ') || '–'}</td>
      <td>{calls.join(', ') || '–'}</td>
      <td>{isApp ? <Keys ends={keysEnd} /> : '–'}</td>
    </tr>
  );
}

const namesOfOthers: Readonly<Record<string, string>> = {
  '(unknown)': 'without a good key',
  '(live token)': 'holders of a live token',
  '(passed through)': 'clients of an issuer',
};

function Ago({ at }: { at: number }) {
  return <>{distanceWords(Math.min(at, now.value), now.value)}</>;
}

function Keys({ ends }: { ends: readonly (number | null)[] }) {
  if (ends.length === 0) return <>its own socket</>;
  const words = ends.map((end) => {
    if (end === null) return 'one without an end';
    return end <= now.value ? 'one that has ended' : `one that ends ${distanceWords(end, now.value)}`;
  });
  return <>{words.join(', ')}</>;
}
