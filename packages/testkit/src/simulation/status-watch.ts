import type { Accuse } from './broken-promise.ts';
import type { SimulatedToken } from './simulated-token.ts';
import type { WorldTime } from './world-time.ts';

const TOLERANCE_MS = 5;

/** Looks whether `status()` of a token says what can be seen of it from outside, where nothing is going on but waiting. */
export function judgeStatus(token: SimulatedToken, time: WorldTime, accuse: Accuse): void {
  const { pace, callers, client } = token;
  const status = token.kept.status();
  const now = time.now();
  const deny = (what: string) => accuse('wrong_status', `${token.name}: ${what}`);
  const { held } = pace;
  const isUsable = held?.isUsable(now) === true;
  const saysUsable = status.state === 'fresh' || status.state === 'due' || status.state === 'urgent';
  const leftMs = held?.leftMs(now) ?? 0;
  const isAtEdge = held !== undefined && Math.abs(leftMs - held.marks.safetyMs) <= TOLERANCE_MS;
  if (saysUsable !== isUsable && !isAtEdge) deny(`it says ${status.state}, and ${isUsable ? 'a usable token' : 'nothing usable'} is held`);
  if (isUsable && status.token !== undefined) {
    const offMs = status.token.remainingSeconds * 1000 - leftMs;
    if (offMs > TOLERANCE_MS || offMs < -1_000 - TOLERANCE_MS) deny(`it says ${status.token.remainingSeconds} s remain, ${leftMs} ms do`);
    const isUrgent = leftMs <= (held?.marks.urgentMs ?? 0);
    if (isUrgent !== (status.state === 'urgent') && Math.abs(leftMs - (held?.marks.urgentMs ?? 0)) > TOLERANCE_MS) {
      deny(`it says ${status.state} with ${leftMs} ms left`);
    }
  }
  if (client.pending > 0 && !status.isMinting) deny('it says that nothing is on its way, and a request is');
  if (status.isSuspect !== pace.rejections.isSuspect) deny(`it says ${status.isSuspect ? '' : 'not '}suspect`);
  if (status.waiters > callers.waiting.size) deny(`it says that ${status.waiters} callers wait, ${callers.waiting.size} do`);
  if (status.mints !== pace.mints) deny(`it says ${status.mints} mints, there were ${pace.mints}`);
  if ((status.lastFailure?.count ?? 0) !== pace.pauses.failures) {
    deny(`it says ${status.lastFailure?.count ?? 0} failures in a row, there were ${pace.pauses.failures}`);
  }
  const inMs = (status.nextMintAt ?? 0) - time.clock.now();
  if (status.nextMintAt === undefined) deny('it plans no mint');
  else if (!status.isMinting && inMs < pace.pauses.leastMs(now) - TOLERANCE_MS) {
    deny(`it plans a mint in ${inMs} ms, and must leave the issuer alone for ${pace.pauses.leastMs(now)} ms`);
  }
}
