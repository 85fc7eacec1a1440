import { z } from 'zod';
import { propertyOf, typedText } from './typed-text.ts';
import { unwrapped } from './validation-text.ts';

/** What stands at one place of a form: values given there, and what stands deeper. */
interface Place {
  readonly values: string[];
  readonly inner: Map<string, Place>;
}

const deepest = 8;

/**
 * A form as the object that it stands for: `a[b]=1` for a property of a property, `a[0]=x`, `a[]=x` or a repeated `a=x` for an array. Values are
 * read as the types of `schema`.
 */
export function nestedForm(entries: URLSearchParams, schema: z.ZodType): unknown {
  const root: Place = { values: [], inner: new Map() };
  for (const [name, value] of entries) placeAt(root, stepsOf(name)).values.push(value);
  return placeValue(root, schema);
}

function stepsOf(name: string): readonly string[] {
  const parts = /^([^[\]]+)((?:\[[^[\]]*\])+)$/.exec(name);
  if (parts === null) return [name];
  const [, first = '', rest = ''] = parts;
  const steps = [first, ...rest.slice(1, -1).split('][')];
  return steps.length > deepest ? [name] : steps;
}

function placeAt(root: Place, steps: readonly string[]): Place {
  let at = root;
  for (const step of steps) {
    // `a[]` is one more of what `a` repeated is.
    if (step === '' && at !== root) return at;
    let next = at.inner.get(step);
    if (next === undefined) {
      next = { values: [], inner: new Map() };
      at.inner.set(step, next);
    }
    at = next;
  }
  return at;
}

function placeValue({ values, inner }: Place, schema: unknown): unknown {
  const type = schema instanceof z.ZodType ? unwrapped(schema) : undefined;
  if (inner.size === 0 && values.length > 0) return typedText(values, schema);
  if (type instanceof z.ZodArray) {
    const items = [...inner].sort(([a], [b]) => Number(a) - Number(b)).map(([, place]) => placeValue(place, type.element));
    return [...values.map((value) => typedText([value], type.element)), ...items];
  }
  const shape: Readonly<Record<string, unknown>> = type instanceof z.ZodObject ? type.shape : {};
  const properties = [...inner].map(([name, place]) => [
    name,
    placeValue(place, type instanceof z.ZodRecord ? type.valueType : propertyOf(shape, name)),
  ]);
  // Both a value and properties is neither; the schema says so.
  return values.length > 0 ? [...values, Object.fromEntries(properties)] : Object.fromEntries(properties);
}
