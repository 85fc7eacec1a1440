import { keepHere, keptHere } from './place-memory.ts';

const name = 'scrolled';

// Not by the browser, which scrolls before there is something to scroll: a list comes later.
history.scrollRestoration = 'manual';

/** Of the way back to where a place was scrolled to, while it waits for the page to be long enough. */
let way: { end(): void } | undefined;
let kept = keptHere(name);
/** The address of the place before. */
let before = '';

// At once: what is drawn in the place of a long page is shorter, which scrolls it.
addEventListener('hashchange', ({ oldURL }) => {
  kept = keptHere(name);
  before = new URL(oldURL).hash;
});

addEventListener('scrollend', () => {
  if (way === undefined) keepScroll();
});

/** Where the present place was scrolled to when it was left, px; undefined for one that is gone to anew. */
export function keptScroll(): number | undefined {
  return typeof kept === 'number' ? kept : undefined;
}

/** Keeps where the present place is scrolled to. */
export function keepScroll(): void {
  keepHere(name, Math.round(scrollY));
}

/**
 * Scrolls there once so much has come, and gives the keyboard back to the link by which the place was left; unless whoever looks moves before that. Answers
 * how to give it up.
 */
export function scrollBackTo(top: number): () => void {
  way?.end();
  const page = new ResizeObserver(() => {
    scrollTo(0, top);
    const isAllThere = document.querySelector('main [aria-busy="true"]') === null;
    if (!isAllThere && Math.abs(scrollY - top) > 1) return;
    own.end();
    linkTo(before)?.focus({ preventScroll: true });
  });
  const moves = ['wheel', 'touchmove', 'pointerdown', 'keydown'];
  const own = {
    end: () => {
      page.disconnect();
      for (const move of moves) removeEventListener(move, own.end);
      if (way === own) way = undefined;
    },
  };
  way = own;
  for (const move of moves) addEventListener(move, own.end, { passive: true });
  page.observe(document.body);
  return own.end;
}

/** The first link that leads to a place, or to one that it is part of. */
function linkTo(address: string): HTMLElement | undefined {
  const links = document.querySelectorAll<HTMLElement>('main a[href^="#"]');
  return [...links].find((link) => `${address}/`.startsWith(`${link.getAttribute('href')}/`));
}
