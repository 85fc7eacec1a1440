import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Dialog, DialogButtons } from './dialog.tsx';

/** Asks before something is done that cannot be undone. Stays, and says why, where that fails. */
export function ConfirmDialog({
  title,
  action,
  isDangerous = false,
  onConfirm,
  onClose,
  children,
}: {
  title: string;
  /** What the button says: a verb. */
  action: string;
  isDangerous?: boolean;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const confirm = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {problem !== undefined && (
        <p role="alert" class="bad">
          {problem}
        </p>
      )}
      <DialogButtons>
        <button type="button" class="secondary outline" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class={isDangerous ? 'danger' : ''} aria-busy={isBusy} disabled={isBusy} onClick={() => void confirm()}>
          {action}
        </button>
      </DialogButtons>
    </Dialog>
  );
}
