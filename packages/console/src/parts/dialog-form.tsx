import { type ComponentChildren, createContext } from 'preact';
import { useContext, useEffect, useRef } from 'preact/hooks';
import { Dialog, DialogButtons } from './dialog.tsx';
import { ProblemLine } from './problem-line.tsx';
import { type ProblemAt, useAction } from './use-action.ts';

/** Tells in a sentence of what failed when its dialog was not there any more. */
export const LateFailure = createContext<(text: string) => void>(() => undefined);

/**
 * Asks for something, and does it. It stays while that is under way, so that nobody takes it for cancelled, and says why where it failed. `onDone` gets
 * what `run` made, unless the page was left meanwhile; then a failure is told to {@link LateFailure}.
 */
export function DialogForm<T>({
  title,
  action,
  isDangerous = false,
  run,
  onDone,
  onClose,
  children,
}: {
  title: ComponentChildren;
  /** What the button says: a verb. */
  action: string;
  isDangerous?: boolean;
  run: (form: FormData) => Promise<T>;
  onDone: (made: T) => void;
  onClose: () => void;
  /** Or what makes them of what is wrong with which of them. */
  children: ComponentChildren | ((problemAt: ProblemAt) => ComponentChildren);
}) {
  const { run: start, isBusy, problem, problemAt } = useAction();
  const tellLate = useContext(LateFailure);
  const isThere = useRef(true);
  useEffect(
    () => () => {
      isThere.current = false;
    },
    [],
  );
  return (
    <Dialog title={title} isHeld={isBusy} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          start(async () => {
            try {
              const made = await run(form);
              if (isThere.current) onDone(made);
            } catch (error) {
              if (!isThere.current) tellLate(`${action} failed: ${(error as Error).message}`);
              throw error;
            }
          });
        }}
      >
        {typeof children === 'function' ? children(problemAt) : children}
        <ProblemLine text={problem} />
        <DialogButtons>
          <button type="button" class="secondary outline" aria-disabled={isBusy} onClick={() => isBusy || onClose()}>
            Cancel
          </button>
          <button type="submit" class={isDangerous ? 'danger' : ''} aria-busy={isBusy} aria-disabled={isBusy}>
            {action}
          </button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
