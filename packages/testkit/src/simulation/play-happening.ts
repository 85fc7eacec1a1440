import type { SimulatedIssuer } from './simulated-issuer.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { SimulatedStore } from './simulated-store.ts';
import type { SimulatedToken } from './simulated-token.ts';
import type { WorldTime } from './world-time.ts';
import type { Happening, IssuerName } from './year-script.ts';

/** What happenings act upon. */
export interface Stage {
  readonly time: WorldTime;
  readonly store: SimulatedStore;
  readonly process: SimulatedProcess;
  readonly tokens: readonly SimulatedToken[];
  issuerOf(name: IssuerName): SimulatedIssuer;
  /** Of the list, over again from the first beyond the last. */
  tokenAt(index: number): SimulatedToken;
  /** Does `play` in `ms`: what the machine does when it is awake, what happens elsewhere in any case. */
  later(ms: number, who: 'machine' | 'world', play: () => void | Promise<void>): void;
  sleepFor(ms: number): void;
  restart(isStoreLost: boolean): Promise<void>;
}

type Storm = Extract<Happening, { kind: 'revocation' | 'rejections' }>;

const byMachine: ReadonlySet<Happening['kind']> = new Set([
  'clock',
  'sleep',
  'revocation',
  'rejections',
  'restart',
  'burst',
  'rush',
  'close',
]);

/** Whether it is the machine that does it. */
export function needsMachine({ kind }: Happening): boolean {
  return byMachine.has(kind);
}

/** Lets `happening` begin. */
export function playHappening(happening: Happening, stage: Stage): void | Promise<void> {
  const { time, tokens } = stage;
  switch (happening.kind) {
    case 'outage':
    case 'latency':
    case 'rate limit':
    case 'quota':
    case 'same token':
      stage.later(happening.forMs, 'world', stage.issuerOf(happening.issuer).begin(happening));
      return;
    case 'issuer clock':
      stage.issuerOf(happening.issuer).clock.setBy(happening.byMs);
      return;
    case 'lifetime':
      stage.tokenAt(happening.token).client.live(happening, happening.tokens);
      return;
    case 'rotation':
      return rotate(happening, stage);
    case 'no secret':
      return loseSecret(happening, stage);
    case 'revocation':
    case 'rejections': {
      const token = stage.tokenAt(happening.token);
      const { held } = token.pace;
      if (happening.kind === 'revocation' && held !== undefined) token.client.revoked.add(held.value);
      rageOn(happening, happening.times, token, stage);
      return;
    }
    case 'burst':
      return burst(happening, stage.tokenAt(happening.token), stage);
    case 'rush':
      return rush(happening.callers, stage);
    case 'close':
      return close(stage.tokenAt(happening.token), happening.forMs, stage);
    case 'store':
      stage.later(happening.forMs, 'world', stage.store.begin(happening.how));
      return;
    case 'clock':
      time.setWallBy(happening.byMs);
      for (const { issuer } of tokens) issuer.clock.forget();
      return;
    case 'sleep':
      stage.sleepFor(happening.forMs);
      return;
    case 'restart':
      return stage.restart(happening.isStoreLost);
  }
}

async function burst(
  { callers, minTtlSeconds, abortMs }: Extract<Happening, { kind: 'burst' }>,
  token: SimulatedToken,
  stage: Stage,
): Promise<void> {
  if (!(await stage.process.isReady(token))) return;
  token.pace.demandedMs = minTtlSeconds * 1000;
  const controllers = Array.from({ length: callers }, () => (abortMs > 0 ? new AbortController() : undefined));
  for (const controller of controllers) token.callers.get(token.kept, { minTtlSeconds, signal: controller?.signal });
  if (abortMs === 0) return;
  stage.later(abortMs, 'machine', () => {
    for (const controller of controllers) controller?.abort();
  });
}

async function rush(callers: number, { tokens, process }: Stage): Promise<void> {
  for (const token of tokens) {
    if (!(await process.isReady(token))) continue;
    for (let i = 0; i < callers; i += 1) token.callers.get(token.kept);
  }
}

async function close(token: SimulatedToken, forMs: number, stage: Stage): Promise<void> {
  if (!token.isKept) return;
  await stage.process.closeToken(token);
  stage.later(forMs, 'machine', () => stage.process.keep(token));
}

function loseSecret({ token: at, forMs }: Extract<Happening, { kind: 'no secret' }>, stage: Stage): void {
  const token = stage.tokenAt(at);
  if (token.script.proof !== 'secret source' || token.pace.isSourceDown) return;
  token.pace.isSourceDown = true;
  stage.later(forMs, 'world', () => {
    token.pace.isSourceDown = false;
  });
}

/** Rotations may overlap; whatever their order, client and issuer end up with the newest secret. */
async function rotate({ way, stepMs, token: at }: Extract<Happening, { kind: 'rotation' }>, stage: Stage): Promise<void> {
  const token = stage.tokenAt(at);
  const { client } = token;
  if (token.script.proof === 'assertion') return;
  const former = client.newestSecret;
  const newest = client.newSecret();
  const give = async (...secrets: readonly string[]) => {
    token.pace.give(secrets);
    if (token.isKept) await stage.process.keep(token);
  };
  const giveNewest = () => give(client.newestSecret);
  const retire = () => client.accept([client.newestSecret]);
  if (way === 'known before' || way === 'known among three') {
    stage.later(stepMs, 'world', retire);
    stage.later(2 * stepMs, 'machine', giveNewest);
    await give(...(way === 'known before' ? [former, newest] : [former, 'never-valid', newest]));
  } else if (way === 'while both are valid') {
    client.accept([former, newest]);
    stage.later(stepMs, 'machine', giveNewest);
    stage.later(2 * stepMs, 'world', retire);
  } else {
    retire();
    stage.later(stepMs, 'machine', giveNewest);
  }
}

/** Callers use the token, meet 401 and tell, a third of them of a token that is held no more; again while the storm lasts. */
function rageOn(storm: Storm, times: number, token: SimulatedToken, stage: Stage): void {
  const { pace, callers, client } = token;
  if (times > 1) stage.later(storm.everyMs, 'machine', () => rageOn(storm, times - 1, token, stage));
  if (!token.isKept) return;
  const now = stage.time.now();
  const isRejected = (value: string) => storm.kind === 'rejections' || client.revoked.has(value);
  const { held } = pace;
  const [newest, ...older] = callers.fingerprints;
  const inHand = token.kept.peek();
  if (held?.isUsable(now) === true && inHand?.accessToken === held.value && inHand.fingerprint === newest && isRejected(held.value)) {
    if (token.kept.status().isMinting) pace.rejections.suspect();
    else if (pace.rejections.begin(held, now) && pace.pauses.mostMs(now) <= 0) token.expectsForced = true;
    for (let i = 0; i < storm.callers; i += 1) {
      const stale = i % 3 === 2 ? older[i % 2] : undefined;
      // The one before may have found the token due, and asked for its successor.
      if (stale === undefined && token.kept.status().isMinting) pace.rejections.suspect();
      callers.reject(token.kept, stale ?? newest);
    }
  }
  // Everybody else goes on as ever, and is given the held token meanwhile.
  callers.get(token.kept);
}
