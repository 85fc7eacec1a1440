import type { ShownClient } from '@evertoken/tenant/contract';

/** Types of application by which the dashboard makes one; the rest are shown by their value. */
export const applicationTypes = [
  { value: 'non_interactive', title: 'Machine to Machine' },
  { value: 'regular_web', title: 'Regular Web' },
  { value: 'spa', title: 'Single Page' },
  { value: 'native', title: 'Native' },
] as const;

/** What an application is, in words. */
export function typeTitleOf({ app_type: type, global: isGlobal }: ShownClient): string {
  if (isGlobal === true) return 'Global';
  return applicationTypes.find(({ value }) => value === type)?.title ?? type ?? 'Generic';
}
