import { refuseUnknown } from '../option-names.ts';
import type { KeepOptions, TokenKeeperOptions } from '../options.ts';
import { isShared } from '../store/shared-token-store.ts';

const keeperOptions: Readonly<Record<keyof TokenKeeperOptions, true>> = {
  store: true,
  localStore: true,
  clock: true,
  random: true,
  fetch: true,
  schedule: true,
  policy: true,
};
const keepOptions: Readonly<Record<keyof KeepOptions, true>> = { name: true, isDeclared: true, partition: true };

/** @throws {TypeError} that names the option which is wrong. */
export function checkKeeperOptions(options: TokenKeeperOptions): void {
  refuseUnknown(options, keeperOptions);
  const { store, localStore, clock, random, fetch, schedule } = options;
  for (const [name, value] of Object.entries({ random, fetch })) {
    if (value !== undefined && typeof value !== 'function') throw new TypeError(`\`${name}\` must be a function.`);
  }
  checkMethods('store', store, ['load', 'save', 'remove', 'close']);
  checkMethods('localStore', localStore, ['load', 'save', 'remove', 'close']);
  checkMethods('clock', clock, ['now', 'monotonic', 'setTimer']);
  if (schedule !== undefined && schedule !== 'timer' && schedule !== 'on-access')
    throw new TypeError('`schedule` must be "timer" or "on-access".');
  if (localStore !== undefined && (store === undefined || !isShared(store)))
    throw new TypeError('`localStore` stands beside a `store` that is shared; where there is none, name it as `store`.');
}

/** @throws {TypeError} that names the option which is wrong. */
export function checkKeepOptions(options: KeepOptions): void {
  refuseUnknown(options, keepOptions);
}

function checkMethods(name: string, value: unknown, methods: readonly string[]): void {
  if (value === undefined) return;
  const missing = methods.find((method) => typeof (value as Record<string, unknown> | null)?.[method] !== 'function');
  if (missing !== undefined)
    throw new TypeError(`\`${name}\` must have ${methods.map((method) => `\`${method}\``).join(', ')}; \`${missing}\` is no function.`);
}
