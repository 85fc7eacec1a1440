import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { clearNotice } from './management/notice.tsx';
import { hrefOf, place } from './route.ts';
import { keepScroll, keptScroll, scrollBackTo } from './scroll-memory.ts';
import { lastPageOf, type Pages } from './use-pages.ts';

let isFirst = true;

/** A page with its heading, which takes the focus when it is gone to, so that the page is heard anew. */
export function Page({ title, actions, children }: { title: string; actions?: ComponentChildren; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [section = '', id = '', tab = ''] = place.value;
  useEffect(() => {
    if (!isFirst) heading.current?.focus({ preventScroll: true });
    isFirst = false;
    if (keptScroll() === undefined) scrollTo(0, 0);
  }, [section, id]);
  useEffect(() => {
    const kept = keptScroll();
    return kept === undefined ? keepScroll() : scrollBackTo(kept);
  }, [section, id, tab]);
  useEffect(clearNotice, [section, id, tab]);
  useEffect(() => {
    document.title = `${title} · Evertoken`;
  }, [title]);
  return (
    <>
      <header class="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {actions !== undefined && <div class="buttons">{actions}</div>}
      </header>
      {children}
    </>
  );
}

/** The tabs of an application or an API: links, each with an address of its own. */
export function Tabs({ of, tabs }: { of: readonly string[]; tabs: readonly { readonly id: string; readonly title: string }[] }) {
  const current = place.value[of.length] ?? tabs[0]?.id;
  const room = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a narrow screen it may be beyond the edge.
    const link = room.current?.querySelector<HTMLElement>('[aria-current]');
    if (link) room.current?.scrollTo(link.offsetLeft + link.offsetWidth / 2 - room.current.clientWidth / 2, 0);
  }, [current]);
  return (
    <nav ref={room} aria-label="Tabs" class="tabs">
      <ul>
        {tabs.map(({ id, title }) => (
          <li key={id}>
            <a href={hrefOf(...of, id)} aria-current={id === current ? 'page' : undefined}>
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** What there is instead of an answer: that it is on its way, or why it is not there. */
export function Pending({ problem, onRetry }: { problem: string | undefined; onRetry: () => void }) {
  if (problem === undefined) return <p aria-busy="true">Loading …</p>;
  return <Problem text={problem} onRetry={onRetry} />;
}

function Problem({ text, onRetry }: { text: string; onRetry: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(
    () => () => {
      // What it asked for is there, and it goes: the keyboard is at the top of that, not nowhere.
      if (document.activeElement === button.current) document.querySelector('h1')?.focus({ preventScroll: true });
    },
    [],
  );
  return (
    <p role="alert" class="bad">
      {text}{' '}
      <button ref={button} type="button" class="small outline" onClick={onRetry}>
        Try again
      </button>
    </p>
  );
}

/** Steps through a list by its pages. Neither button is ever disabled, which would take the keyboard away from it. */
export function Pager({ pages }: { pages: Pages<{ readonly total: number }> }) {
  const { shown, page, size, isLoading, problem, turn, reload } = pages;
  const total = shown?.total ?? 0;
  // After a page that could not be had both lead somewhere: to that page, or back to the one that is shown.
  const isWell = problem === undefined;
  return (
    <>
      {problem !== undefined && <Pending problem={problem} onRetry={reload} />}
      <nav aria-label="Pages of the list" class="pager">
        <span aria-live="polite" aria-busy={isLoading}>
          {total === 0 ? 'None' : `${page * size + 1}–${Math.min(total, (page + 1) * size)} of ${total.toLocaleString('en')}`}
        </span>
        <button type="button" class="small outline secondary" aria-disabled={isWell && page === 0} onClick={() => turn(-1)}>
          Previous
        </button>
        <button
          type="button"
          class="small outline secondary"
          aria-disabled={isWell && page >= lastPageOf(total, size)}
          onClick={() => turn(1)}
        >
          Next
        </button>
      </nav>
    </>
  );
}
