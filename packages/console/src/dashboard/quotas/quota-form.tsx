import type { TokenQuota } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { Switch, TextField } from '../fields.tsx';
import { useAction } from '../use-action.ts';

/** Tokens an hour and a day; `onSave` gets null where there is to be no quota. */
export function QuotaForm({ quota, onSave }: { quota: TokenQuota | undefined; onSave: (quota: TokenQuota | null) => Promise<void> }) {
  const before = quota?.client_credentials;
  const [perHour, setPerHour] = useState(String(before?.per_hour ?? ''));
  const [perDay, setPerDay] = useState(String(before?.per_day ?? ''));
  const [isEnforced, setEnforced] = useState(before?.enforce !== false);
  const { run, isBusy, problem } = useAction();
  const wanted = (): TokenQuota | null =>
    perHour === '' && perDay === ''
      ? null
      : {
          client_credentials: {
            enforce: isEnforced,
            ...(perHour !== '' && { per_hour: Number(perHour) }),
            ...(perDay !== '' && { per_day: Number(perDay) }),
          },
        };
  return (
    <form
      class="in-a-row"
      onSubmit={(event) => {
        event.preventDefault();
        run(() => onSave(wanted()));
      }}
    >
      <TextField label="Tokens an hour" type="number" min={1} value={perHour} onInput={setPerHour} placeholder="no limit" />
      <TextField label="Tokens a day" type="number" min={1} value={perDay} onInput={setPerDay} placeholder="no limit" />
      <Switch label="Refuse beyond it" isOn={isEnforced} onTurn={setEnforced} isLabelShown />
      <button type="submit" class="small" aria-busy={isBusy} disabled={isBusy}>
        Save
      </button>
      {problem !== undefined && (
        <p role="alert" class="bad">
          {problem}
        </p>
      )}
    </form>
  );
}

/** A quota in words. */
export function quotaText(quota: TokenQuota | undefined): string {
  const { per_hour: perHour, per_day: perDay, enforce } = quota?.client_credentials ?? {};
  const limits = [
    ...(perHour === undefined ? [] : [`${perHour.toLocaleString('en')} an hour`]),
    ...(perDay === undefined ? [] : [`${perDay.toLocaleString('en')} a day`]),
  ];
  if (limits.length === 0) return 'none of its own';
  return `${limits.join(', ')}${enforce === false ? ' (only warned of)' : ''}`;
}
