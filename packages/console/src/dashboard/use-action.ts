import { useState } from 'preact/hooks';

/** Something that a button does: whether it is under way, and why it failed. */
export interface Action {
  readonly isBusy: boolean;
  readonly problem: string | undefined;
  readonly run: (act: () => Promise<unknown>) => void;
}

/** One action at a time. */
export function useAction(): Action {
  const [state, setState] = useState<{ isBusy: boolean; problem?: string }>({ isBusy: false });
  return {
    isBusy: state.isBusy,
    problem: state.problem,
    run: (act) => {
      if (state.isBusy) return;
      setState({ isBusy: true });
      act().then(
        () => setState({ isBusy: false }),
        (error: unknown) => setState({ isBusy: false, problem: (error as Error).message }),
      );
    },
  };
}
