import type { ComponentChildren } from 'preact';

/** Room for a table that may be wider or longer than it: it scrolls by itself, also with the keyboard. */
export function TableRoom({ label, isLong = false, children }: { label: string; isLong?: boolean; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard, and not every browser sees to that.
    <section class={isLong ? 'table-room long' : 'table-room'} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
