import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/** Keeps what has the keyboard within `room` where it is on the screen while other things come above it. Browsers do so only where the page is scrolled. */
export function useSteadyFocus(room: RefObject<HTMLElement | null>): void {
  const focused = document.activeElement;
  // As it stands before what is drawn now.
  const before = focused !== null && room.current?.contains(focused) ? focused.getBoundingClientRect().top : undefined;
  useLayoutEffect(() => {
    if (focused !== null && before !== undefined && focused.isConnected) scrollBy(0, focused.getBoundingClientRect().top - before);
  });
}
