import type { DashboardToken, NoSession } from '@evertoken/tenant/contract';
import { signal } from '@preact/signals';
import { browserClock } from '../../parts/page-clock.ts';
import { ApiProblem } from './api-problem.ts';
import { askTenant } from './ask-tenant.ts';
import { forgetCalls } from './call-log.ts';

/** What the page knows of its tenant and of its session. */
export type SessionState =
  | { readonly kind: 'opening' }
  | EndedSession
  | { readonly kind: 'open'; readonly domain: string; readonly audience: string };

/** A session that this page has no more. */
export interface EndedSession {
  readonly kind: 'ended';
  /** What to type for another one. */
  readonly command: string;
  /** How it stands at the tenant, which is being told, or could not be told: then it is still open there. */
  readonly atTenant: 'ended' | 'ending' | 'open';
}

export const session = signal<SessionState>({ kind: 'opening' });

// Asked for again so long before its end, so that none ends on its way.
const leewayMs = 60_000;

// In the memory of the page alone.
let held: { readonly token: string; readonly endsAt: number } | undefined;
let asked: Promise<string> | undefined;
let endings = 0;

// The tabs of a browser have one session: what ends it in one ends it in all.
const others = new BroadcastChannel('evertoken-dashboard-session');
others.addEventListener('message', ({ data }: MessageEvent<EndedSession>) => forget(data));

/** A token for the Management API that lives for a while; callers share one request. */
export async function pageToken(): Promise<string> {
  if (held !== undefined && browserClock.now() < held.endsAt - leewayMs) return held.token;
  asked ??= askForToken().finally(() => {
    asked = undefined;
  });
  return await asked;
}

/** The token was refused: the next call asks for another one. */
export function dropPageToken(): void {
  held = undefined;
}

/** Ends the session: here at once, and at the tenant, where it may be still open after that. */
export async function endSession(): Promise<void> {
  const command = 'npx evertoken tenant open';
  endEverywhere(command, 'ending');
  const isEnded = await askTenant('session/end', { method: 'POST' }).then(
    ({ ok }) => ok,
    () => false,
  );
  endEverywhere(command, isEnded ? 'ended' : 'open');
  // Which says the command as it is for this tenant.
  if (isEnded) await askForToken().catch(() => undefined);
}

async function askForToken(): Promise<string> {
  const askedAt = browserClock.now();
  const wasEnded = endings;
  const answer = await askTenant('session/token', { method: 'POST' });
  if (answer.status === 401) {
    const { command } = (await answer.json()) as NoSession;
    endEverywhere(command, 'ended');
    throw new ApiProblem(401, 'The session has ended.');
  }
  if (!answer.ok) throw new ApiProblem(answer.status, 'The tenant gives the page no token. Its log tells why.');
  const { access_token: token, expires_in: seconds, domain, audience } = (await answer.json()) as DashboardToken;
  if (endings !== wasEnded) throw new ApiProblem(401, 'The session has ended.');
  held = { token, endsAt: askedAt + seconds * 1_000 };
  session.value = { kind: 'open', domain, audience };
  return token;
}

function endEverywhere(command: string, atTenant: EndedSession['atTenant']): void {
  const ended: EndedSession = { kind: 'ended', command, atTenant };
  forget(ended);
  others.postMessage(ended);
}

function forget(ended: EndedSession): void {
  endings += 1;
  held = undefined;
  forgetCalls();
  session.value = ended;
}
