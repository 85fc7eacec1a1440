/** Why a call of the Management API did not do what was asked. `status` 0: there was no answer. */
export class ApiProblem extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
