import { useEffect } from 'preact/hooks';
import { ApiProblem, missingWords } from './management/api-problem.ts';
import { type Awaited, useAnswer } from './management/use-answer.ts';
import { dropDraftsBelow } from './use-draft.ts';

// What is removed in one tab of a browser is told to the others by its address.
const others = new BroadcastChannel('evertoken-dashboard-removals');
others.addEventListener('message', ({ data }: MessageEvent<string>) => dropDraftsBelow(data));

/** The record that has its place at this address is removed: what was typed into it goes with it, and other tabs that show it ask for it again. */
export function forgetRecord(address: string): void {
  dropDraftsBelow(address);
  others.postMessage(address);
}

/** Asks for the record that has its place at this address, and again when another tab has removed it. Of one that there is not no draft is left. */
export function useRecord<T>(address: string, load: () => Promise<T>): Awaited<T> {
  const answer = useAnswer(address, () =>
    load().catch((error: unknown) => {
      // By the code: what stands before a tenant that is away may answer 404 too.
      if (error instanceof ApiProblem && missingWords(error.code) !== undefined) dropDraftsBelow(address);
      throw error;
    }),
  );
  const { reload } = answer;
  useEffect(() => {
    const hear = ({ data }: MessageEvent<string>): void => {
      if (data === address) reload();
    };
    others.addEventListener('message', hear);
    return () => others.removeEventListener('message', hear);
  }, [address, reload]);
  return answer;
}
