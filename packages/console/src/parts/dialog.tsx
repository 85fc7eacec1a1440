import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

/**
 * A window over the page that takes the keyboard until it is closed; Escape closes it, unless it `isHeld`: what it began is under way. It is open as long
 * as it is rendered.
 */
export function Dialog({
  title,
  isHeld = false,
  onClose,
  children,
}: {
  title: ComponentChildren;
  isHeld?: boolean;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const isClosed = useRef(false);
  const close = () => {
    if (!isClosed.current) onClose();
    isClosed.current = true;
  };
  // At once: whoever presses a key next means what is in it.
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => {
      isClosed.current = true;
      // Before it is taken away: the keyboard goes back to where it was.
      shown?.close();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      // Before it is a wish to close, which may be refused only once.
      onKeyDown={(event) => {
        if (isHeld && event.key === 'Escape') event.preventDefault();
      }}
      // Browsers tell that one has closed many milliseconds after it was closed and the keyboard is back in the page: too late for whoever opens it again.
      onCancel={(event) => {
        event.preventDefault();
        if (isHeld) return;
        event.currentTarget.close();
        close();
      }}
      onClose={close}
    >
      <article>
        <header>
          <h2 id={heading}>{title}</h2>
        </header>
        {children}
      </article>
    </dialog>
  );
}

/** The row of buttons at the foot of a dialog. */
export function DialogButtons({ children }: { children: ComponentChildren }) {
  return <footer class="buttons">{children}</footer>;
}
