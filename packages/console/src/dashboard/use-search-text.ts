import { useEffect, useState } from 'preact/hooks';
import { useRested } from './management/use-rested.ts';

/** What is typed into the search of a place. It is there again when one goes back to the place: each stands in the history of the browser with its own. */
export function useSearchText(): [text: string, setText: (text: string) => void] {
  const [text, setText] = useState(keptText);
  const rested = useRested(text);
  useEffect(() => {
    // Not before what was kept has come to rest again.
    if (rested === text) history.replaceState({ search: text }, '');
  }, [rested]);
  return [text, setText];
}

function keptText(): string {
  const { search } = (history.state ?? {}) as { readonly search?: unknown };
  return typeof search === 'string' ? search : '';
}
