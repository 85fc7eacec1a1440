import { useEffect, useState } from 'preact/hooks';
import { browserClock } from '../../parts/page-clock.ts';
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
// Not with every key that is pressed.
const restMs = 150;

/** Searches for `text` once it rests; what was found before stays until there is something new. Nothing for an empty text. */
export function useApplicationSearch(text: string): ApplicationSearch {
  const [state, setState] = useState(none);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (text === '') {
      setState(none);
      return undefined;
    }
    const abort = new AbortController();
    const timer = browserClock.setTimer(() => {
      searchApplications(
        text,
        (found, searched, isAll) => {
          if (!abort.signal.aborted) setState({ found, searched, isAll, problem: undefined });
        },
        abort.signal,
      ).catch((error: unknown) => {
        if (!abort.signal.aborted) setState({ ...none, problem: (error as Error).message });
      });
    }, restMs);
    return () => {
      timer.cancel();
      abort.abort();
    };
  }, [text, attempt]);
  return { ...state, retry: () => setAttempt((count) => count + 1) };
}
