import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { CopyButton } from '../parts/copy-button.tsx';
import { type FieldProblem, useAction } from '../parts/use-action.ts';
import { useNote } from './use-note.tsx';

/** A line of text to type. Where it is required, blanks alone are none: it is sent without those at its ends. */
export function TextField({
  label,
  value,
  onInput,
  hint,
  problem,
  ...rest
}: {
  label: string;
  value: string;
  onInput: (value: string) => void;
  hint?: ComponentChildren;
  problem?: FieldProblem | undefined;
  required?: boolean;
  maxLength?: number;
  placeholder?: string;
  pattern?: string;
  /** The pattern in words. */
  title?: string;
  type?: 'text' | 'number' | 'search';
  min?: number;
  max?: number;
}) {
  const input = useRef<HTMLInputElement>(null);
  const { id, described, note } = useNote(input, value, { hint, problem });
  const isBlank = rest.required === true && value !== '' && value.trim() === '';
  useLayoutEffect(() => input.current?.setCustomValidity(isBlank ? 'Blanks alone do not do.' : ''), [isBlank]);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        ref={input}
        id={id}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
        autocomplete="off"
        spellcheck={false}
        {...described}
        {...(rest as { type?: 'text' })}
      />
      {note}
    </div>
  );
}

/** The name of an application or an API. */
export function NameField(rest: { value: string; onInput: (value: string) => void; hint?: ComponentChildren; maxLength?: number }) {
  return <TextField label="Name" required pattern="[^<>]+" title="Without < and >" {...rest} />;
}

/** Lines of text, to be pasted. */
export function LinesField({
  label,
  value,
  onInput,
  problem,
  placeholder,
}: {
  label: string;
  value: string;
  onInput: (value: string) => void;
  problem?: FieldProblem | undefined;
  placeholder: string;
}) {
  const area = useRef<HTMLTextAreaElement>(null);
  const { id, described, note } = useNote(area, value, { problem });
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        ref={area}
        id={id}
        class="code"
        rows={6}
        required
        spellcheck={false}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
        placeholder={placeholder}
        {...described}
      />
      {note}
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
  problem,
}: {
  label: string;
  value: T;
  choices: readonly { readonly value: T; readonly title: string }[];
  onChoose: (value: T) => void;
  hint?: ComponentChildren;
  problem?: FieldProblem | undefined;
}) {
  const select = useRef<HTMLSelectElement>(null);
  const { id, described, note } = useNote(select, value, { hint, problem });
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select ref={select} id={id} value={value} onChange={(event) => onChoose(event.currentTarget.value as T)} {...described}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.title}
          </option>
        ))}
      </select>
      {note}
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
