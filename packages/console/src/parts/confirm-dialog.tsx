import type { ComponentChildren } from 'preact';
import { DialogForm } from './dialog-form.tsx';

/** Asks before something is done that cannot be undone, and closes when it is; then comes `onDone`, unless the page was left meanwhile. */
export function ConfirmDialog({
  onConfirm,
  onDone,
  onClose,
  ...rest
}: {
  title: ComponentChildren;
  /** What the button says: a verb. */
  action: string;
  isDangerous?: boolean;
  onConfirm: () => Promise<unknown>;
  onDone?: () => void;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const close = (): void => {
    onClose();
    onDone?.();
  };
  return <DialogForm {...rest} run={onConfirm} onDone={close} onClose={onClose} />;
}
