import { z } from 'zod';
import { didYouMean } from './nearest-name.ts';

const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/;

const nameForm = 'has 1 to 63 letters, digits, `.`, `_`, `-` and begins with a letter or digit';

/** What a name of a token or app looks like. */
export const nameRule: string = `a name ${nameForm}`;

/** Why `name` cannot name a token or app, as the rest of a sentence that begins with `a name`; undefined where it can. */
export function nameProblemOf(name: string): string | undefined {
  return namePattern.test(name) ? undefined : nameForm;
}

/** A name of a token or app. */
export const nameSchema: z.ZodType<string, string> = z.string().regex(namePattern, { error: nameRule });

/** An object that knows no other keys, and names the nearest one for those. */
export function strict<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      const known = Object.keys(shape);
      return (issue.keys as string[]).map((key) => `unknown key \`${key}\`${didYouMean(key, known)}`).join('; ');
    },
  });
}

/** A text that `read` must be able to read; what it throws is the problem. */
export function readAs<Value>(read: (text: string) => Value): z.ZodType<Value, string> {
  return z.string().transform((text, context) => {
    try {
      return read(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });
}

/** One value, or a list of at least one. */
export function oneOrMore<Value>(
  schema: z.ZodType<Value>,
  problem: { readonly error: string; readonly most?: number },
): z.ZodType<Value | Value[]> {
  const { error, most } = problem;
  const list = z.array(schema).min(1, { error });
  return z.union([schema, most === undefined ? list : list.max(most, { error: `at most ${most} may be named` })], { error });
}

/** A value written down literally, or where to read it. */
export type Reference = string | { env: string } | { file: string } | { command: string[] };

const referenceProblem = 'expected a text that is not empty, or one of { env: NAME }, { file: PATH }, { command: [PROGRAM, ARGUMENT, …] }';

/** See {@link Reference}. */
export const referenceSchema: z.ZodType<Reference> = z.union(
  [
    z.string().min(1, { error: 'is empty; write the value, or one of { env: NAME }, { file: PATH }, { command: [PROGRAM, …] }' }),
    z.strictObject({ env: z.string().min(1) }),
    z.strictObject({ file: z.string().min(1) }),
    z.strictObject({ command: z.array(z.string().min(1)).min(1) }),
  ],
  { error: referenceProblem },
);

/** One {@link Reference}, or up to three. */
export const referencesSchema: z.ZodType<Reference | Reference[]> = oneOrMore(referenceSchema, { error: referenceProblem, most: 3 });

/** A text with something in it. */
export const textSchema: z.ZodType<string, string> = z.string().min(1, { error: 'is empty; write the value, or leave the key out' });
