import { useEffect, useState } from 'preact/hooks';
import { browserClock } from '../../parts/page-clock.ts';

// Not with every key that is pressed.
const restMs = 150;

/** What is being typed, once it rests; empty before that. */
export function useRested(text: string): string {
  const [rested, setRested] = useState('');
  useEffect(() => {
    const timer = browserClock.setTimer(() => setRested(text), restMs);
    return () => timer.cancel();
  }, [text]);
  return rested;
}
