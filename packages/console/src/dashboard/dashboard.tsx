import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { LateFailure } from '../parts/dialog-form.tsx';
import { ApiPage } from './apis/api-page.tsx';
import { ApisPage } from './apis/apis-page.tsx';
import { ApplicationPage } from './applications/application-page.tsx';
import { ApplicationsPage } from './applications/applications-page.tsx';
import { LogsPage } from './logs/logs-page.tsx';
import { MadeCallsPanel } from './management/made-calls-panel.tsx';
import { Notice, tellFailure } from './management/notice.tsx';
import { type EndedSession, endSession, pageToken, session } from './management/page-token.ts';
import { Page } from './page.tsx';
import { QuotasPage } from './quotas/quotas-page.tsx';
import { hrefOf, place } from './route.ts';
import { SignOutButton } from './sign-out-button.tsx';
import { SigningKeysPage } from './signing-keys/signing-keys-page.tsx';
import { dropDrafts } from './use-draft.ts';

const sections = [
  { id: 'applications', title: 'Applications' },
  { id: 'apis', title: 'APIs' },
  { id: 'signing-keys', title: 'Signing Keys' },
  { id: 'logs', title: 'Logs' },
  { id: 'quotas', title: 'Quotas' },
];

/** The whole of it: where one may go, and where one is. */
export function Dashboard() {
  useEffect(() => {
    // A problem is told by what the page asks for.
    pageToken().catch(() => undefined);
  }, []);
  const state = session.value;
  if (state.kind === 'ended') return <SignedOut of={state} />;
  const [section = 'applications'] = place.value;
  return (
    <div class="frame">
      <header class="top">
        <strong>Evertoken</strong>
        <span class="domain">{state.kind === 'open' ? state.domain : ''}</span>
        <SignOutButton />
      </header>
      <nav aria-label="Dashboard" class="sections">
        <ul>
          {sections.map(({ id, title }) => (
            <li key={id}>
              <a href={hrefOf(id)} aria-current={id === section ? 'page' : undefined}>
                {title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main>
        <Notice />
        <LateFailure.Provider value={tellFailure}>
          <Place />
        </LateFailure.Provider>
        <MadeCallsPanel />
      </main>
    </div>
  );
}

function Place(): ComponentChildren {
  const [section = 'applications', id] = place.value;
  if (section === 'applications') return id === undefined ? <ApplicationsPage /> : <ApplicationPage key={id} id={id} />;
  if (section === 'apis') return id === undefined ? <ApisPage /> : <ApiPage key={id} id={id} />;
  if (section === 'signing-keys') return <SigningKeysPage />;
  if (section === 'logs') return <LogsPage />;
  if (section === 'quotas') return <QuotasPage />;
  return (
    <Page title="Nothing here">
      <p>
        There is no such page. <a href={hrefOf('applications')}>Applications</a>
      </p>
    </Page>
  );
}

function SignedOut({ of: { command, atTenant } }: { of: EndedSession }) {
  const title = titles[atTenant];
  // There is no place left to save them at.
  useEffect(dropDrafts, []);
  useEffect(() => {
    document.title = `${title} · Evertoken`;
  }, [title]);
  return (
    <main class="signed-out">
      <h1>{title}</h1>
      {atTenant === 'ending' && <p aria-busy="true">The tenant is being told.</p>}
      {atTenant === 'open' && (
        <div role="alert">
          <p>
            The tenant could not be told: the session is still open there. Until it has ended, whoever opens the dashboard in this browser
            is let in.
          </p>
          <p>
            <button type="button" onClick={() => void endSession()}>
              Sign out again
            </button>
          </p>
        </div>
      )}
      {atTenant === 'ended' && (
        <>
          <p>
            The session has ended, or there was none. For a link that opens the dashboard, type this where the tenant runs, as the user who
            runs it:
          </p>
          <p>
            <code>{command}</code>
          </p>
        </>
      )}
    </main>
  );
}

const titles = { ended: 'You are signed out', ending: 'Signing out …', open: 'You are not signed out' } as const;
