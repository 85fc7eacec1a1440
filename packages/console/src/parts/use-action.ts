import { useRef, useState } from 'preact/hooks';

/** Why something was not done, where one field of its form has to be mended. */
export class FieldProblem extends Error {
  readonly field: string;

  /** `field`: as its form calls it. */
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** Of a field by its name: what is wrong with it. */
export type ProblemAt = (field: string) => FieldProblem | undefined;

/** Something that a button does: whether it is under way, and why it failed. */
export interface Action {
  readonly isBusy: boolean;
  /** Undefined too where it is told at a field. */
  readonly problem: string | undefined;
  readonly problemAt: ProblemAt;
  /** Does nothing while one is under way. */
  readonly run: (act: () => Promise<unknown>) => void;
}

/** One action at a time. Its button says that it is busy and is not disabled, which would take the keyboard away from it. */
export function useAction(): Action {
  const [{ isBusy, problem }, setState] = useState<{ isBusy: boolean; problem?: Error }>({ isBusy: false });
  // Not as it is drawn: a second press may come before that.
  const isUnderWay = useRef(false);
  const atField = problem instanceof FieldProblem ? problem : undefined;
  return {
    isBusy,
    problem: atField === undefined ? problem?.message : undefined,
    problemAt: (field) => (atField?.field === field ? atField : undefined),
    run: (act) => {
      if (isUnderWay.current) return;
      isUnderWay.current = true;
      setState({ isBusy: true });
      const end = (failure?: Error): void => {
        isUnderWay.current = false;
        setState({ isBusy: false, ...(failure !== undefined && { problem: failure }) });
      };
      act().then(
        () => end(),
        (error: unknown) => end(error as Error),
      );
    },
  };
}
