import type { ComponentChildren } from 'preact';
import { DialogForm } from './dialog-form.tsx';

/** Asks before something is done that cannot be undone, and closes when it is. */
export function ConfirmDialog({
  onConfirm,
  onClose,
  ...rest
}: {
  title: ComponentChildren;
  /** What the button says: a verb. */
  action: string;
  isDangerous?: boolean;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
  children: ComponentChildren;
}) {
  return <DialogForm {...rest} run={onConfirm} onDone={onClose} onClose={onClose} />;
}
