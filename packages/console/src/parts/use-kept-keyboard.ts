import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

/** What had the keyboard, and the place of its row among the rows. */
interface Held {
  readonly element: HTMLElement;
  readonly row: number;
}

/**
 * Where what has the keyboard in a row of `room` goes away, with its row or alone, a button of the row that is in its place gets the keyboard, or the
 * heading of the room where there is no row left. Browsers give it to nothing, and who presses Tab next begins at the top of the page.
 */
export function useKeptKeyboard(room: RefObject<HTMLElement | null>): void {
  const held = useRef<Held | undefined>(undefined);
  useEffect(() => {
    const shown = room.current;
    const note = ({ target }: FocusEvent): void => {
      const element = target as HTMLElement;
      // It gives the keyboard back to where it was.
      if (element.closest('dialog') !== null) return;
      const row = rowsOf(shown).findIndex((one) => one.contains(element));
      held.current = row === -1 ? undefined : { element, row };
    };
    shown?.addEventListener('focusin', note);
    return () => shown?.removeEventListener('focusin', note);
  }, [room]);
  // With each draw: a row goes when the answer is there, and a dialog gives the keyboard back after that.
  useLayoutEffect(() => {
    if (held.current === undefined || held.current.element.isConnected || document.activeElement !== document.body) return;
    const rows = rowsOf(room.current);
    const buttons = rows[Math.min(held.current.row, rows.length - 1)]?.querySelectorAll('button') ?? [];
    const heading = room.current?.querySelector('h2');
    heading?.setAttribute('tabindex', '-1');
    ([...buttons].at(-1) ?? heading)?.focus();
  });
}

function rowsOf(room: HTMLElement | null): readonly Element[] {
  return [...(room?.querySelectorAll('tbody tr') ?? [])];
}
