/** What a secret is read from, by the name that people gave it. */
export type SecretPlace = { readonly variable: string } | { readonly file: string } | { readonly program: string };

/** How a read went wrong: words of ours, numbers and names of the system. What was read has no place in it. */
export type SecretProblem =
  | 'unset'
  | 'empty'
  | 'not_plain'
  | { readonly longerThan: number }
  | { readonly systemCode: string | undefined }
  | { readonly exitCode: number }
  | { readonly signal: string }
  | { readonly slowerThanMs: number };

// A registered symbol, so that two copies of this package in one program know each other's errors.
const brand = Symbol.for('@evertoken/client.SecretSourceError');

/** Why a source gave no secret. The message may be shown: it is made of the two parts below alone. */
export class SecretSourceError extends Error {
  override readonly name: string = 'SecretSourceError';

  constructor(place: SecretPlace, problem: SecretProblem) {
    super(textOf(place, problem));
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Whether `error` is a {@link SecretSourceError}, also one of another copy of this package. */
export function isSecretSourceError(error: unknown): error is SecretSourceError {
  return typeof error === 'object' && error !== null && brand in error;
}

function textOf(place: SecretPlace, problem: SecretProblem): string {
  if ('variable' in place) {
    return `the environment variable ${place.variable} is ${problem === 'unset' ? 'not set' : 'empty'}; set it before the start`;
  }
  return 'file' in place ? `the file ${place.file} ${ofFile(problem)}` : `the command \`${place.program}\` ${ofProgram(problem)}`;
}

function ofFile(problem: SecretProblem): string {
  if (problem === 'empty') return 'is empty; write the value into it';
  if (problem === 'not_plain') return 'is no plain file; name one that holds the value alone';
  if (typeof problem === 'object' && 'longerThan' in problem) {
    return `is larger than ${problem.longerThan} bytes; it is to hold the value alone`;
  }
  const code = codeIn(problem);
  return code === 'ENOENT' ? 'does not exist; create it with the value alone' : `cannot be read (${code}); let this user read it`;
}

function ofProgram(problem: SecretProblem): string {
  if (problem === 'empty') return 'printed nothing; it is to print the value alone';
  if (typeof problem === 'object' && 'longerThan' in problem) {
    return `printed more than ${problem.longerThan} bytes; it is to print the value alone`;
  }
  return `${howItEnded(problem)}; run it by hand as this user to see why`;
}

function howItEnded(problem: SecretProblem): string {
  if (typeof problem === 'object') {
    if ('exitCode' in problem) return `ended with exit code ${problem.exitCode}`;
    if ('signal' in problem) return `was ended by ${problem.signal}`;
    if ('slowerThanMs' in problem) return `took longer than ${problem.slowerThanMs / 1000} s`;
  }
  const code = codeIn(problem);
  return code === 'ENOENT' ? 'cannot be run: there is no such program' : `cannot be run (${code})`;
}

/** A system code as it is; anything else that stands in its stead is none, and stays untold. */
function codeIn(problem: SecretProblem): string {
  const code = typeof problem === 'object' && 'systemCode' in problem ? problem.systemCode : undefined;
  return code !== undefined && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : 'no code';
}
