import { randomBytes } from 'node:crypto';
import { type ListenAddress, type Log, openListeners } from '@evertoken/service';
import { TenantError } from '../tenant-error.ts';
import { checkedFault } from './checked-fault.ts';
import type { ControlStage } from './control-stage.ts';
import { controlsDoor } from './controls-door.ts';
import { farthestShiftMs } from './shiftable-clock.ts';
import type { TenantControls } from './tenant-controls.ts';

/** How controls are opened. */
export interface ControlsOptions {
  /** A loopback address over http, or a unix socket. Left out: the controls can be used in this process alone. */
  readonly listen?: ListenAddress;
  /** Random numbers from 0 up to 1, for faults that hit a share of the requests. Default `Math.random`. */
  readonly random?: () => number;
}

/** What the controls can do to the tenant's state. */
export interface ControlledState {
  /** Answers the `kid` of the new current key. */
  rotateSigningKey(): Promise<string>;
  /** Puts back what there was when this object was made. */
  reset(): Promise<void>;
}

/** Open controls. */
export interface OpenControls {
  readonly controls: TenantControls;
  close(): Promise<void>;
}

/**
 * Opens the controls of a tenant that is built upon `stage`.
 * @throws {TenantError} `controls_exposed` for an https address. Also throws what `openListeners` does, for example for an address that others can reach.
 */
export async function openControls(
  stage: ControlStage,
  state: ControlledState,
  { listen, log }: { listen: ListenAddress | undefined; log: Log },
): Promise<OpenControls> {
  if (listen?.kind === 'https') {
    throw new TenantError('controls_exposed', {
      problem: 'Test controls listen on this machine alone, where nothing is gained by https',
      place: `${listen.kind}://${listen.host}:${listen.port}`,
      step: 'Give a loopback address like http://127.0.0.1:8444, or a unix socket.',
    });
  }
  const key = randomBytes(32).toString('base64url');
  let url: string | undefined;
  const controls = controlsOf(stage, state, { key, url: () => url });
  if (listen === undefined) return { controls, close: async () => undefined };
  const certificate = (): Promise<never> => Promise.reject(new Error('controls have no certificate'));
  const onError = (err: unknown): void => log.error({ event: 'listener.failed', err }, 'the listener of the test controls failed');
  const listeners = await openListeners([listen], { handler: controlsDoor(controls), certificate, onError });
  url = listeners.urls[0];
  // Readers of events never leave by themselves, so that close does not wait for them.
  return { controls, close: () => listeners.close({ graceMs: 0 }) };
}

function controlsOf(
  stage: ControlStage,
  state: ControlledState,
  { key, url }: { key: string; url: () => string | undefined },
): TenantControls {
  const { clock, plan, stream } = stage;
  return {
    get url() {
      return url();
    },
    key,
    get faults() {
      return plan.faults;
    },
    addFault: (fault) => plan.add(checkedFault(fault)),
    removeFault: (id) => plan.remove(id),
    clearFaults: () => {
      plan.clear();
      stage.hurry();
    },
    get clockShiftMs() {
      return clock.shiftMs;
    },
    setClockShift: (ms) => {
      if (!Number.isInteger(ms) || Math.abs(ms) > farthestShiftMs) {
        throw new RangeError('A clock is shifted by whole milliseconds, at most a hundred years.');
      }
      clock.set(ms);
    },
    rotateSigningKey: () => state.rotateSigningKey(),
    reset: async () => {
      plan.clear();
      stage.hurry();
      await state.reset();
      clock.set(0);
      stream.clear();
    },
    get requests() {
      return stream.requests;
    },
    onRequest: (listener) => stream.subscribe(listener),
  };
}
