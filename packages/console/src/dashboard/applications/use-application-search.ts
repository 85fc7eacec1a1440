import { useEffect, useState } from 'preact/hooks';
import { useRested } from '../management/use-rested.ts';
import { type ListedApplication, searchApplications } from './application-index.ts';

/** How far a search is. */
export interface ApplicationSearch {
  readonly found: readonly ListedApplication[] | undefined;
  readonly searched: number;
  readonly isAll: boolean;
  readonly problem: string | undefined;
  readonly retry: () => void;
}

const none: Omit<ApplicationSearch, 'retry'> = { found: undefined, searched: 0, isAll: false, problem: undefined };

/** Searches for `text` once it rests; what was found before stays until there is something new. Nothing for an empty text. */
export function useApplicationSearch(text: string): ApplicationSearch {
  const [state, setState] = useState(none);
  const [attempt, setAttempt] = useState(0);
  const rested = useRested(text);
  useEffect(() => {
    if (rested === '') {
      setState(none);
      return undefined;
    }
    const abort = new AbortController();
    searchApplications(
      rested,
      (found, searched, isAll) => {
        if (!abort.signal.aborted) setState({ found, searched, isAll, problem: undefined });
      },
      abort.signal,
    ).catch((error: unknown) => {
      if (!abort.signal.aborted) setState({ ...none, problem: (error as Error).message });
    });
    return () => abort.abort();
  }, [rested, attempt]);
  return { ...state, retry: () => setAttempt((count) => count + 1) };
}
