import type { TroubleName } from './troubles.ts';

/** `rounds` times all of `kinds`, each round in an order of its own: the same for the same numbers of `random`. */
export function fleetScript(kinds: readonly TroubleName[], rounds: number, random: () => number): TroubleName[] {
  return Array.from({ length: rounds }, () => shuffled(kinds, random)).flat();
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
}
