/** How a behaviour of this tenant stands to the service's. */
export type Standing = 'same' | 'chosen' | 'differs' | 'not there';

/** What each standing means, for people. */
export const standings: Readonly<Record<Standing, string>> = {
  same: 'as the service does it, as far as its documents and public recordings tell',
  chosen: 'nothing public tells what the service does; this is what the tenant does',
  differs: 'known to be otherwise, on purpose',
  'not there': 'the service has it, the tenant has not',
};

/** One row of docs/compatibility.md. */
export interface Behaviour {
  /** What it is about. */
  readonly about: string;
  readonly standing: Standing;
  /** What this tenant does; Markdown. */
  readonly text: string;
}
