import type { TokenQuota } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { DialogForm } from '../../parts/dialog-form.tsx';
import { ProblemLine } from '../../parts/problem-line.tsx';
import { useAction } from '../../parts/use-action.ts';
import { Switch, TextField } from '../fields.tsx';

// As the Management API has it.
const mostTokens = 2_147_483_647;

/** A quota as it is being typed; limits that are none are empty. */
interface QuotaDraft {
  readonly perHour: string;
  readonly perDay: string;
  readonly isEnforced: boolean;
}

type SaveQuota = (quota: TokenQuota | null) => Promise<void>;

/** Tokens an hour and a day; `onSave` gets null where there is to be no quota. */
export function QuotaForm({ quota, onSave }: { quota: TokenQuota | undefined; onSave: SaveQuota }) {
  const [draft, setDraft] = useState(draftOf(quota));
  const { run, isBusy, problem } = useAction();
  return (
    <form
      class="in-a-row"
      onSubmit={(event) => {
        event.preventDefault();
        run(() => onSave(quotaOf(draft)));
      }}
    >
      <QuotaFields draft={draft} onChange={setDraft} />
      <button type="submit" class="small" aria-busy={isBusy} aria-disabled={isBusy}>
        Save
      </button>
      <ProblemLine text={problem} />
    </form>
  );
}

/** The same in a window over the page, for the one who is called `owner`. */
export function QuotaDialog({
  owner,
  quota,
  onSave,
  onClose,
}: {
  owner: string;
  quota: TokenQuota | undefined;
  onSave: SaveQuota;
  onClose: () => void;
}) {
  const [draft, setDraft] = useState(draftOf(quota));
  const title = (
    <>
      Quota of <bdi>{owner}</bdi>
    </>
  );
  return (
    <DialogForm title={title} action="Save" run={() => onSave(quotaOf(draft))} onDone={onClose} onClose={onClose}>
      <div class="in-a-row">
        <QuotaFields draft={draft} onChange={setDraft} />
      </div>
    </DialogForm>
  );
}

function QuotaFields({ draft, onChange }: { draft: QuotaDraft; onChange: (draft: QuotaDraft) => void }) {
  const change = (changed: Partial<QuotaDraft>): void => onChange({ ...draft, ...changed });
  return (
    <>
      <TextField
        label="Tokens an hour"
        type="number"
        min={1}
        max={mostTokens}
        value={draft.perHour}
        onInput={(perHour) => change({ perHour })}
        placeholder="no limit"
      />
      <TextField
        label="Tokens a day"
        type="number"
        min={1}
        max={mostTokens}
        value={draft.perDay}
        onInput={(perDay) => change({ perDay })}
        placeholder="no limit"
      />
      <Switch label="Refuse beyond it" isOn={draft.isEnforced} onTurn={(isEnforced) => change({ isEnforced })} isLabelShown />
    </>
  );
}

function draftOf(quota: TokenQuota | undefined): QuotaDraft {
  const { per_hour: perHour, per_day: perDay, enforce } = quota?.client_credentials ?? {};
  return { perHour: String(perHour ?? ''), perDay: String(perDay ?? ''), isEnforced: enforce !== false };
}

function quotaOf({ perHour, perDay, isEnforced }: QuotaDraft): TokenQuota | null {
  if (perHour === '' && perDay === '') return null;
  return {
    client_credentials: {
      enforce: isEnforced,
      ...(perHour !== '' && { per_hour: Number(perHour) }),
      ...(perDay !== '' && { per_day: Number(perDay) }),
    },
  };
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
