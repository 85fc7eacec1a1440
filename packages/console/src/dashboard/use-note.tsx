import type { ComponentChildren, RefObject } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import type { FieldProblem } from '../parts/use-action.ts';

/** What stands below a field, and what ties the field to it. */
interface Note {
  /** Of the field. */
  readonly id: string;
  readonly described: { readonly 'aria-describedby'?: string; readonly 'aria-invalid'?: true };
  readonly note: ComponentChildren;
}

/** Below a field: why its value was refused, as long as it is that one, else the hint. A field that was refused has the keyboard then. */
export function useNote(
  field: RefObject<HTMLElement | null>,
  value: string,
  { hint, problem }: { hint?: ComponentChildren; problem?: FieldProblem | undefined },
): Note {
  const id = useId();
  const refused = useRef<{ problem: FieldProblem | undefined; value: string }>({ problem: undefined, value });
  if (refused.current.problem !== problem) refused.current = { problem, value };
  useLayoutEffect(() => {
    if (problem !== undefined) field.current?.focus();
  }, [problem]);
  const isRefused = problem !== undefined && refused.current.value === value;
  if (!isRefused && hint === undefined) return { id, described: {}, note: null };
  return {
    id,
    described: { 'aria-describedby': `${id}-note`, ...(isRefused && { 'aria-invalid': true }) },
    note: (
      // Another one for each, so that it is heard.
      <small key={isRefused ? 'refused' : 'hint'} id={`${id}-note`} role={isRefused ? 'alert' : undefined} class={isRefused ? 'bad' : ''}>
        {isRefused ? problem.message : hint}
      </small>
    ),
  };
}
