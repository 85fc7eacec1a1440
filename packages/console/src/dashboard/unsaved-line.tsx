import type { Draft } from './use-draft.ts';

/** That something is typed that is not saved, and how to be rid of it. */
export function UnsavedLine<T extends object>({ draft: { isUnsaved, drop } }: { draft: Draft<T> }) {
  if (!isUnsaved) return null;
  return (
    <>
      <span class="quiet">Not saved yet.</span>
      <button
        type="button"
        class="small outline secondary"
        onClick={({ currentTarget }) => {
          // It goes with what it discards, and the keyboard must not go with it.
          currentTarget.form?.querySelector<HTMLButtonElement>('[type="submit"]')?.focus();
          drop();
        }}
      >
        Discard Changes
      </button>
    </>
  );
}
