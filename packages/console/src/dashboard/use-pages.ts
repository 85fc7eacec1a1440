import { useEffect, useRef, useState } from 'preact/hooks';
import { useAnswer } from './management/use-answer.ts';
import { keepHere, keptHere } from './place-memory.ts';

/** A list of the tenant that is shown page by page. */
export interface Pages<T> {
  /** The answer with the page that is shown; the one before stays, and its pager with the keyboard, while the next is on its way or where it failed. */
  readonly shown: T | undefined;
  /** The number of the page that is shown, from 0. */
  readonly page: number;
  readonly size: number;
  readonly isLoading: boolean;
  readonly problem: string | undefined;
  /** Goes so many pages on, or back where `by` is negative; no further than there are. */
  readonly turn: (by: number) => void;
  /** Asks for the page again. */
  readonly reload: () => void;
}

/** Reads the list called `name` with `load`, by pages of `size`. Who comes back to its place finds the page that was shown. */
export function usePages<T extends { readonly total: number }>(name: string, size: number, load: (page: number) => Promise<T>): Pages<T> {
  const [wanted, setWanted] = useState(() => keptPage(name));
  const { value, problem, isLoading, reload } = useAnswer(`${name} ${wanted}`, () => load(wanted));
  const last = useRef<{ page: number; value: T | undefined }>({ page: 0, value: undefined });
  if (value !== undefined) last.current = { page: wanted, value };
  const { page, value: shown } = last.current;
  const most = value === undefined ? undefined : lastPageOf(value.total, size);
  useEffect(() => {
    if (most === undefined) return;
    // The list has become shorter since.
    if (wanted > most) setWanted(most);
    else keepHere(keyOf(name), wanted);
  }, [most, wanted]);
  const turn = (by: number): void => {
    // Past a page that could not be had nobody goes unseen: it is counted from the one that is shown.
    const from = problem === undefined ? wanted : page;
    const next = Math.max(0, Math.min(lastPageOf(shown?.total ?? 0, size), from + by));
    if (next === wanted && problem !== undefined) reload();
    else setWanted(next);
  };
  return {
    shown,
    page,
    size,
    isLoading,
    problem,
    turn,
    reload,
  };
}

const keyOf = (name: string): string => `page of ${name}`;

function keptPage(name: string): number {
  const page = keptHere(keyOf(name));
  return typeof page === 'number' ? page : 0;
}

/** The number of the last page of so many, from 0. */
export function lastPageOf(total: number, size: number): number {
  return Math.max(0, Math.ceil(total / size) - 1);
}
