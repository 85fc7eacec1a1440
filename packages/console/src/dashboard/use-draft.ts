import { effect, signal } from '@preact/signals';

const drafts = signal<ReadonlyMap<string, object>>(new Map());
const nothing = {};

/** What is typed into a form and not saved, field by field. */
export interface Draft<T extends object> {
  readonly fields: Partial<T>;
  /** Whether there is something that is not saved. */
  readonly isUnsaved: boolean;
  /** `saved`: what the field is without a draft. */
  readonly type: <Name extends keyof T>(field: Name, value: T[Name], saved: T[Name]) => void;
  /** Forgets it; where `only` is given, no more than those fields, and of these none that was typed into since. */
  readonly drop: (only?: Partial<T>) => void;
}

/** The draft of the form called `form`. It outlives a look at another place of the dashboard; the browser asks before the whole page goes with it. */
export function useDraft<T extends object>(form: string): Draft<T> {
  const present = (): Partial<T> => drafts.peek().get(form) ?? nothing;
  const keep = (draft: Partial<T>): void => {
    const next = new Map(drafts.peek());
    if (Object.keys(draft).length === 0) next.delete(form);
    else next.set(form, draft);
    drafts.value = next;
  };
  const fields: Partial<T> = drafts.value.get(form) ?? nothing;
  return {
    fields,
    isUnsaved: fields !== nothing,
    type: (field, value, saved) => {
      const { [field]: _before, ...others } = present();
      keep((value === saved ? others : { ...others, [field]: value }) as Partial<T>);
    },
    drop: (only) => {
      const left = only === undefined ? [] : Object.entries(present()).filter(([field, value]) => value !== only[field as keyof T]);
      keep(Object.fromEntries(left) as Partial<T>);
    },
  };
}

/** Forgets what was typed anywhere. */
export function dropDrafts(): void {
  drafts.value = new Map();
}

const ask = (event: BeforeUnloadEvent): void => event.preventDefault();

// Not always: a page that may ask is kept by no browser for the way back.
effect(() => {
  if (drafts.value.size > 0) addEventListener('beforeunload', ask);
  else removeEventListener('beforeunload', ask);
});
