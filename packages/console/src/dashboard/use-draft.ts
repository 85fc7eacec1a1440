import { effect, signal } from '@preact/signals';

/** What is typed into the form of a place and not saved. */
interface Unsaved {
  /** How a person knows the place. */
  readonly title: string;
  readonly fields: object;
}

/** By the addresses of their places. */
const drafts = signal<ReadonlyMap<string, Unsaved>>(new Map());
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

/**
 * The draft of the form at the place with this address, which is called `title`. It outlives a look at another place of the dashboard; the browser asks
 * before the whole page goes with it.
 */
export function useDraft<T extends object>(address: string, title: string): Draft<T> {
  const present = (): Partial<T> => drafts.peek().get(address)?.fields ?? nothing;
  const keep = (fields: Partial<T>): void => {
    const next = new Map(drafts.peek());
    if (Object.keys(fields).length === 0) next.delete(address);
    else next.set(address, { title, fields });
    drafts.value = next;
  };
  const fields: Partial<T> = drafts.value.get(address)?.fields ?? nothing;
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

/** The places where something is typed that is not saved. */
export function unsavedPlaces(): readonly { readonly address: string; readonly title: string }[] {
  return [...drafts.value].map(([address, { title }]) => ({ address, title }));
}

/** Forgets what was typed at the places below an address. */
export function dropDraftsBelow(address: string): void {
  drafts.value = new Map([...drafts.peek()].filter(([own]) => !own.startsWith(`${address}/`)));
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
