import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

/** A window over the page that takes the keyboard until it is closed; Escape closes it. It is open as long as it is rendered. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
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
      // Browsers tell that one has closed many milliseconds after it was closed and the keyboard is back in the page: too late for whoever opens it again.
      onCancel={(event) => {
        event.preventDefault();
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
