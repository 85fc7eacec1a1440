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

/** What a person knows a record as, by the code that says that it is not there. */
const missing: Readonly<Record<string, string>> = {
  inexistent_client: 'application',
  inexistent_resource_server: 'API',
  inexistent_client_grant: 'grant',
  inexistent_credential: 'key',
};

/** For a person: that there is no such record, where `code` says so. */
export function missingWords(code: string): string | undefined {
  return Object.hasOwn(missing, code) ? `There is no such ${missing[code]}. It may have been deleted.` : undefined;
}

/** For `catch`: throws, of what the tenant refuses with one of these codes or statuses, what these `words` say at a field; anything else as it is. */
export function sayAt(field: string, words: Readonly<Record<string, string>>): (error: unknown) => never {
  return (error) => {
    const said = error instanceof ApiProblem ? (words[error.code] ?? words[error.status]) : undefined;
    throw said === undefined ? error : new FieldProblem(field, said);
  };
}
