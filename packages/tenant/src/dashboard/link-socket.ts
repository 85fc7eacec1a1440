import { type ControlAnswer, type ControlRequest, openControlSocket, ServiceError, type StateFolder } from '@evertoken/service';
import type { SetTimer, Timer } from '../clock.ts';
import type { Dashboard } from './dashboard.ts';

// Where several nodes stand on one machine with one folder, the first answers for it, and one of the others soon after it is gone.
const againMs = 5_000;

const onlyWay = 'Ask POST /dashboard/link, with evertoken of the version of the tenant.';
const withPages = 'Start it with `evertoken tenant start` or `evertoken dev`.';

/** Answers the owner of a tenant, who asks through its control socket for a way into the dashboard; undefined: it is not open yet, or there is none. */
export function linkAnswer(
  dashboard: () => Dashboard | undefined,
  { hasPages }: { hasPages: boolean },
): (request: ControlRequest) => Promise<ControlAnswer> {
  return async ({ method, path }) => {
    if (method !== 'POST' || path !== '/dashboard/link') return { status: 404, body: { error: 'There is no such way', step: onlyWay } };
    if (!hasPages) return { status: 404, body: { error: 'This tenant was started without the dashboard', step: withPages } };
    const opened = dashboard();
    return opened === undefined
      ? { status: 503, body: { error: 'The tenant is starting', step: 'Ask again in a moment.' } }
      : { status: 200, body: opened.newLink() };
  };
}

/**
 * A socket for the owner of a node whose database is elsewhere, so that nothing else of it holds the folder: in `tenant/node/`, for the user who runs it alone.
 * @throws {ServiceError} but for a folder that another node has.
 */
export async function openNodeSocket(
  folder: StateFolder,
  answer: (request: ControlRequest) => Promise<ControlAnswer>,
  setTimer: SetTimer,
): Promise<{ close(): Promise<void> }> {
  const path = await folder.folder('tenant', 'node');
  let timer: Timer | undefined;
  let isClosed = false;
  const attempt = async (): Promise<{ close(): Promise<void> } | undefined> => {
    try {
      return await openControlSocket(path, answer);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== 'socket_taken') throw error;
      if (!isClosed) timer = setTimer(again, againMs);
      return undefined;
    }
  };
  // What fails then is no reason to end a node that serves.
  const again = (): void => {
    held = attempt().catch(() => undefined);
  };
  let held = Promise.resolve(await attempt());
  return {
    async close() {
      isClosed = true;
      timer?.cancel();
      await (await held)?.close();
    },
  };
}
