import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

/** A window over the page that takes the keyboard until it is closed; Escape closes it. It is open as long as it is rendered. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // At once: whoever presses a key next means what is in it.
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={heading} onClose={onClose}>
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
