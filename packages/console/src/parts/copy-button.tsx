import { useSignal } from '@preact/signals';

/** Copies a text to the clipboard, or one that is only fetched then, and says so. `what`: what it is, for who hears the page, where the label alone does not tell. */
export function CopyButton({ text, label, what }: { text: string | (() => Promise<string>); label: string; what?: string }) {
  const outcome = useSignal('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : await text());
      outcome.value = 'copied';
    } catch {
      outcome.value = 'not copied: select it and copy by hand';
    }
  };
  return (
    <span class="copy">
      <button type="button" class="secondary outline" onClick={copy} aria-label={what === undefined ? undefined : `${label} ${what}`}>
        {label}
      </button>
      <span role="status">{outcome}</span>
    </span>
  );
}
