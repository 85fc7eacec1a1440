import { useState } from 'preact/hooks';

/**
 * Copies a text to the clipboard, or one that is only fetched then, and says so until it stands for another one. `what`: what it is, for who hears the
 * page, where the label alone does not tell.
 */
export function CopyButton({ text, label, what }: { text: string | (() => Promise<string>); label: string; what?: string }) {
  const [outcome, setOutcome] = useState({ of: '', words: '' });
  const of = [label, what, typeof text === 'string' ? text : ''].join('\n');
  const copy = async (): Promise<void> => setOutcome({ of, words: await copied(text) });
  return (
    <span class="copy">
      <button
        type="button"
        class="secondary outline"
        onClick={() => void copy()}
        aria-label={what === undefined ? undefined : `${label} ${what}`}
      >
        {label}
      </button>
      <span role="status">{outcome.of === of ? outcome.words : ''}</span>
    </span>
  );
}

/** What became of it, in words. */
async function copied(text: string | (() => Promise<string>)): Promise<string> {
  let ready: string;
  try {
    ready = typeof text === 'string' ? text : await text();
  } catch (error) {
    return `not copied: ${(error as Error).message}`;
  }
  try {
    await navigator.clipboard.writeText(ready);
    return 'copied';
  } catch {
    return 'not copied: select it and copy by hand';
  }
}
