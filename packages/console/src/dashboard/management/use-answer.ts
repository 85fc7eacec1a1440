import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

/** An answer that is there, on its way, or failed; an earlier one stays while the next is on its way. */
export interface Awaited<T> {
  readonly value: T | undefined;
  readonly problem: string | undefined;
  readonly isLoading: boolean;
  /** Asks again. */
  readonly reload: () => void;
  /** Takes what another call has answered in its place. */
  readonly replace: (value: T) => void;
  /** Makes of what is there at this moment what takes its place; does nothing where nothing is there. */
  readonly change: (next: (present: T) => T) => void;
}

/** Asks `load` when the page comes to it, and again when `key` changes; then what was there before is gone. */
export function useAnswer<T>(key: string, load: () => Promise<T>): Awaited<T> {
  const [state, setState] = useState<{ key: string; value?: T; problem?: string; isLoading: boolean }>({ key, isLoading: true });
  const turn = useRef(0);
  const loader = useRef(load);
  loader.current = load;
  const ask = useCallback(() => {
    turn.current += 1;
    const own = turn.current;
    setState((before) => ({ ...(before.key === key ? before : {}), key, isLoading: true }));
    loader.current().then(
      (value) => {
        if (own === turn.current) setState({ key, value, isLoading: false });
      },
      (error: unknown) => {
        if (own === turn.current) setState({ key, problem: (error as Error).message, isLoading: false });
      },
    );
  }, [key]);
  useEffect(() => {
    ask();
    return () => {
      turn.current += 1;
    };
  }, [ask]);
  const replace = useCallback(
    (value: T) => {
      turn.current += 1;
      setState({ key, value, isLoading: false });
    },
    [key],
  );
  const change = useCallback(
    (next: (present: T) => T) => {
      turn.current += 1;
      setState((before) =>
        before.key !== key || before.value === undefined ? before : { key, value: next(before.value), isLoading: false },
      );
    },
    [key],
  );
  const isCurrent = state.key === key;
  return {
    value: isCurrent ? state.value : undefined,
    problem: isCurrent ? state.problem : undefined,
    isLoading: !isCurrent || state.isLoading,
    reload: ask,
    replace,
    change,
  };
}
