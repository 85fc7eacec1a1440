import { useComputed } from '@preact/signals';
import { AgentFacts } from './agent-facts.tsx';
import { AppTable } from './app-table.tsx';
import { HearingLine } from './hearing-line.tsx';
import { IssuerTable } from './issuer-table.tsx';
import type { StatusConnection } from './status-connection.ts';
import type { StatusStore } from './status-store.ts';
import { TokenList } from './token-list.tsx';

/** The agent on one screen. */
export function Page({ store, connection }: { store: StatusStore; connection: StatusConnection }) {
  const isKnown = useComputed(() => store.agent.value !== undefined);
  return (
    <>
      <header class="top container">
        <h1>
          <img src={icon} alt="" width="28" height="28" /> Evertoken <span class="quiet">agent</span>
        </h1>
        <HearingLine connection={connection} />
      </header>
      <main class="container">
        {isKnown.value ? (
          <>
            <TokenList store={store} />
            <AppTable store={store} />
            <IssuerTable store={store} />
            <AgentFacts store={store} />
          </>
        ) : (
          <p aria-busy={connection.hearing.value.kind !== 'refused'}>
            {connection.hearing.value.kind === 'refused' ? 'Nothing is shown without a session.' : 'Asking the agent …'}
          </p>
        )}
      </main>
    </>
  );
}

const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')?.href ?? '';
