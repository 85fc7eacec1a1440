import type { DashboardToken, NoSession } from '@evertoken/tenant/contract';
import { signal } from '@preact/signals';
import { browserClock } from '../../parts/page-clock.ts';
import { ApiProblem } from './api-problem.ts';
import { forgetCalls } from './call-log.ts';

/** What the page knows of its tenant and of its session. */
export type SessionState =
  | { readonly kind: 'opening' }
  /** `command`: what to type for another one. */
  | { readonly kind: 'ended'; readonly command: string }
  | { readonly kind: 'open'; readonly domain: string; readonly audience: string };

export const session = signal<SessionState>({ kind: 'opening' });

// Asked for again so long before its end, so that none ends on its way.
const leewayMs = 60_000;

// In the memory of the page alone.
let held: { readonly token: string; readonly endsAt: number } | undefined;
let asked: Promise<string> | undefined;
let endings = 0;

// The tabs of a browser have one session: what ends it in one ends it in all.
const others = new BroadcastChannel('evertoken-dashboard-session');
others.addEventListener('message', ({ data }: MessageEvent<{ readonly command: string }>) => forget(data.command));

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

/** Ends the session, here and at the tenant. */
export async function endSession(): Promise<void> {
  held = undefined;
  forgetCalls();
  await fetch('session/end', { method: 'POST' }).catch(() => undefined);
  endEverywhere('npx evertoken tenant open');
  // Which says it as it is for this tenant.
  await askForToken().catch(() => undefined);
}

async function askForToken(): Promise<string> {
  const askedAt = browserClock.now();
  const wasEnded = endings;
  const answer = await fetch('session/token', { method: 'POST' }).catch(() => {
    throw new ApiProblem(0, 'The tenant cannot be reached. Is it running?');
  });
  if (answer.status === 401) {
    const { command } = (await answer.json()) as NoSession;
    endEverywhere(command);
    throw new ApiProblem(401, 'The session has ended.');
  }
  if (!answer.ok) throw new ApiProblem(answer.status, 'The tenant gives the page no token. Its log tells why.');
  const { access_token: token, expires_in: seconds, domain, audience } = (await answer.json()) as DashboardToken;
  if (endings !== wasEnded) throw new ApiProblem(401, 'The session has ended.');
  held = { token, endsAt: askedAt + seconds * 1_000 };
  session.value = { kind: 'open', domain, audience };
  return token;
}

function endEverywhere(command: string): void {
  forget(command);
  others.postMessage({ command });
}

function forget(command: string): void {
  endings += 1;
  held = undefined;
  forgetCalls();
  session.value = { kind: 'ended', command };
}
