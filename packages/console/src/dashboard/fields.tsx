import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { CopyButton } from '../parts/copy-button.tsx';
import { useAction } from '../parts/use-action.ts';

/** A line of text to type. */
export function TextField({
  label,
  value,
  onInput,
  hint,
  ...rest
}: {
  label: string;
  value: string;
  onInput: (value: string) => void;
  hint?: ComponentChildren;
  required?: boolean;
  maxLength?: number;
  placeholder?: string;
  pattern?: string;
  type?: 'text' | 'number' | 'search';
  min?: number;
  max?: number;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        autocomplete="off"
        spellcheck={false}
        {...(rest as { type?: 'text' })}
      />
      {hint !== undefined && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

/** One of some values. */
export function ChoiceField<T extends string>({
  label,
  value,
  choices,
  onChoose,
  hint,
}: {
  label: string;
  value: T;
  choices: readonly { readonly value: T; readonly title: string }[];
  onChoose: (value: T) => void;
  hint?: ComponentChildren;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChoose(event.currentTarget.value as T)}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.title}
          </option>
        ))}
      </select>
      {hint !== undefined && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

/** What cannot be changed, to be copied. */
export function FixedField({ label, value, hint }: { label: string; value: string; hint?: ComponentChildren }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="with-buttons">
        <input id={id} value={value} readOnly aria-describedby={hint === undefined ? undefined : `${id}-hint`} />
        <CopyButton label="Copy" text={value} what={label} />
      </div>
      {hint !== undefined && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

/** A secret, fetched only when it is shown or copied. */
export function SecretField({ label, fetchSecret }: { label: string; fetchSecret: () => Promise<string> }) {
  const id = useId();
  const [shown, setShown] = useState<string | undefined>();
  // One at a time: the tenant's log has an entry for each time that it was read.
  const { run, isBusy, problem } = useAction();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="with-buttons">
        <input id={id} value={shown ?? '••••••••••••••••••••••••'} readOnly />
        <button
          type="button"
          class="small outline secondary"
          aria-busy={isBusy}
          aria-disabled={isBusy}
          onClick={() => (shown === undefined ? run(async () => setShown(await fetchSecret())) : setShown(undefined))}
          aria-label={shown === undefined ? `Reveal ${label}` : `Hide ${label}`}
        >
          {shown === undefined ? 'Reveal' : 'Hide'}
        </button>
        <CopyButton label="Copy" text={fetchSecret} what={label} />
      </div>
      {problem !== undefined && (
        <small role="alert" class="bad">
          {problem}
        </small>
      )}
    </div>
  );
}

/** On or off. `label` is heard, and not shown where `isLabelShown` is false. */
export function Switch({
  label,
  isOn,
  onTurn,
  isDisabled = false,
  isBusy = false,
  isLabelShown = false,
}: {
  label: string;
  isOn: boolean;
  onTurn: (isOn: boolean) => void;
  isDisabled?: boolean;
  /** It is being turned, and is not turned again meanwhile. */
  isBusy?: boolean;
  isLabelShown?: boolean;
}) {
  return (
    <label class="switch">
      <input
        type="checkbox"
        role="switch"
        checked={isOn}
        aria-checked={isOn}
        disabled={isDisabled}
        aria-disabled={isBusy}
        aria-label={label}
        onChange={(event) => {
          // What it shows is what is: it turns when the call has done it.
          event.currentTarget.checked = isOn;
          if (!isBusy) onTurn(!isOn);
        }}
      />
      <span aria-hidden="true">{isLabelShown ? label : isOn ? 'Authorized' : 'Unauthorized'}</span>
    </label>
  );
}
