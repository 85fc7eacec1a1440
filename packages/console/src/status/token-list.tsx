import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { StatusStore } from './status-store.ts';
import { TokenCard } from './token-card.tsx';
import { needsLook } from './token-words.ts';

/** From so many on, a person wants to choose which to see. */
const many = 8;

/** Every token, or those that a person looks for. */
export function TokenList({ store }: { store: StatusStore }) {
  const wanted = useSignal('');
  const isTroubleOnly = useSignal(false);
  const names = useComputed(() => store.tokens.value.map(({ value }) => value.name));
  const troubled = useComputed(() => store.tokens.value.filter(({ value }) => needsLook(value)));
  // Those that needed a look since that was chosen: one that is well again does not vanish from under who reads it, or has a dialog of it open.
  const seenTroubled = useSignal<ReadonlySet<string>>(new Set());
  useSignalEffect(() => {
    if (isTroubleOnly.value) seenTroubled.value = new Set([...seenTroubled.peek(), ...troubled.value.map(({ value }) => value.name)]);
    else seenTroubled.value = new Set();
  });
  const shown = useComputed(() => {
    const text = wanted.value.trim().toLowerCase();
    const all = isTroubleOnly.value ? store.tokens.value.filter((token) => seenTroubled.value.has(token.peek().name)) : store.tokens.value;
    return text === '' ? all : all.filter((token) => token.peek().name.toLowerCase().includes(text));
  });
  const count = names.value.length;
  return (
    <section aria-labelledby="tokens">
      <h2 id="tokens">Tokens</h2>
      <p class="quiet">{count === 0 ? 'The config declares none.' : `${count} kept, ${wordsOf(troubled.value.length)}.`}</p>
      {count >= many && (
        <form class="filter" onSubmit={(event) => event.preventDefault()}>
          <label>
            Name contains
            <input type="search" onInput={(event) => (wanted.value = event.currentTarget.value)} />
          </label>
          <label>
            <input type="checkbox" onInput={(event) => (isTroubleOnly.value = event.currentTarget.checked)} />
            Only those that need a look
          </label>
        </form>
      )}
      <div class="cards">
        {shown.value.map((token) => (
          <TokenCard key={token.peek().name} token={token} store={store} />
        ))}
      </div>
      {count > 0 && shown.value.length === 0 && <p>None of them fits.</p>}
    </section>
  );
}

function wordsOf(troubled: number): string {
  if (troubled === 0) return 'all well';
  return troubled === 1 ? 'one needs a look' : `${troubled} need a look`;
}
