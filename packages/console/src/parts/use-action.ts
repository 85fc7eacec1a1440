import { useRef, useState } from 'preact/hooks';

/** Something that a button does: whether it is under way, and why it failed. */
export interface Action {
  readonly isBusy: boolean;
  readonly problem: string | undefined;
  /** Does nothing while one is under way. */
  readonly run: (act: () => Promise<unknown>) => void;
}

/** One action at a time. Its button says that it is busy and is not disabled, which would take the keyboard away from it. */
export function useAction(): Action {
  const [state, setState] = useState<{ isBusy: boolean; problem?: string }>({ isBusy: false });
  // Not as it is drawn: a second press may come before that.
  const isUnderWay = useRef(false);
  return {
    isBusy: state.isBusy,
    problem: state.problem,
    run: (act) => {
      if (isUnderWay.current) return;
      isUnderWay.current = true;
      setState({ isBusy: true });
      const end = (problem?: string): void => {
        isUnderWay.current = false;
        setState({ isBusy: false, ...(problem !== undefined && { problem }) });
      };
      act().then(
        () => end(),
        (error: unknown) => end((error as Error).message),
      );
    },
  };
}
