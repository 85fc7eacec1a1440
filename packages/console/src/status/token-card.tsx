import type { TokenStanding } from '@evertoken/agent/contract';
import { type Signal, useSignal } from '@preact/signals';
import { CommandDialog } from './command-dialog.tsx';
import { LifeBar } from './life-bar.tsx';
import { MintDialog } from './mint-dialog.tsx';
import type { StatusStore } from './status-store.ts';
import { TokenFacts } from './token-facts.tsx';
import { TokenFailure } from './token-failure.tsx';
import { TokenHistoryView } from './token-history.tsx';
import { stateWords } from './token-words.ts';

/** One token: its life, what is known of it, and what may be done with it. */
export function TokenCard({ token, store }: { token: Signal<TokenStanding>; store: StatusStore }) {
  const open = useSignal<'mint' | 'command' | undefined>(undefined);
  const isHistoryOpen = useSignal(false);
  // That one has closed may be told when another one is open already.
  const close = (what: 'mint' | 'command') => () => {
    if (open.value === what) open.value = undefined;
  };
  const standing = token.value;
  const { word, meaning, concern } = stateWords(standing);
  return (
    <article class="card" aria-label={`Token ${standing.name}`}>
      <div class="card-head">
        <h3>{standing.name}</h3>
        <span class={`state ${concern}`} title={meaning}>
          <span aria-hidden="true">{marks[concern]}</span> {word}
        </span>
        <span class="quiet meaning">{meaning}</span>
      </div>
      <LifeBar token={token} />
      <TokenFacts token={token} />
      <TokenFailure token={token} />
      <div class="buttons">
        <button type="button" class="secondary outline" aria-label={`Mint now: ${standing.name}`} onClick={() => (open.value = 'mint')}>
          Mint now
        </button>
        <button
          type="button"
          class="secondary outline"
          aria-label={`Use with curl: ${standing.name}`}
          onClick={() => (open.value = 'command')}
        >
          Use with curl
        </button>
      </div>
      <details onToggle={(event) => (isHistoryOpen.value = event.currentTarget.open)}>
        <summary>
          History <span class="quiet">{standing.happened === 0 ? 'nothing yet' : `${standing.happened} since the start`}</span>
        </summary>
        {isHistoryOpen.value && <TokenHistoryView token={token} />}
      </details>
      {open.value === 'mint' && <MintDialog token={token} onClose={close('mint')} />}
      {open.value === 'command' && <CommandDialog token={token} store={store} onClose={close('command')} />}
    </article>
  );
}

const marks = { good: '●', watch: '▲', bad: '✖' } as const;
