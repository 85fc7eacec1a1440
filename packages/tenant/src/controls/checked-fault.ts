import type { z } from 'zod';
import { type Fault, faultSchema } from './fault.ts';

/**
 * `fault`, as callers of this process give it, who need not have types. `names`: what they call its properties, by path, such as `answer.status`.
 * @throws {RangeError} for a value that none may be, `TypeError` for one of another type; the message begins with the name of the property.
 */
export function checkedFault(fault: Fault, names: Readonly<Record<string, string>> = {}): Fault {
  const { success, data, error } = faultSchema.safeParse(fault);
  if (success) return data;
  const [issue] = error.issues as [z.core.$ZodIssue, ...z.core.$ZodIssue[]];
  const path = issue.path.join('.');
  const given = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], fault);
  const message = `${[names[path] ?? path, issue.message].filter(Boolean).join(': ')}`;
  throw isOfAnotherType(issue, given) ? new TypeError(message) : new RangeError(message);
}

// Where a whole number is due, half of one and NaN are numbers all the same.
function isOfAnotherType({ code }: z.core.$ZodIssue, given: unknown): boolean {
  return code === 'unrecognized_keys' || (code === 'invalid_type' && typeof given !== 'number');
}
