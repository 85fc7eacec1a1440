import { FieldProblem } from '../../parts/use-action.ts';

/** Why a call of the Management API did not do what was asked. `status` 0: there was no answer. */
export class ApiProblem extends Error {
  readonly status: number;
  /** `errorCode` of the answer; empty where it has none. */
  readonly code: string;

  constructor(status: number, message: string, code = '') {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** For `catch`: throws, of what the tenant refuses with one of these codes or statuses, what these `words` say at a field; anything else as it is. */
export function sayAt(field: string, words: Readonly<Record<string, string>>): (error: unknown) => never {
  return (error) => {
    const said = error instanceof ApiProblem ? (words[error.code] ?? words[error.status]) : undefined;
    throw said === undefined ? error : new FieldProblem(field, said);
  };
}
