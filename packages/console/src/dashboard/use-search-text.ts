import { useEffect, useState } from 'preact/hooks';
import { useRested } from './management/use-rested.ts';
import { keepHere, keptText } from './place-memory.ts';

/** What is typed into the search of a place. It is there again when one comes back to the place. */
export function useSearchText(): [text: string, setText: (text: string) => void] {
  const [text, setText] = useState(() => keptText('search'));
  const rested = useRested(text);
  useEffect(() => {
    // Not before what was kept has come to rest again.
    if (rested === text) keepHere('search', text);
  }, [rested]);
  return [text, setText];
}
