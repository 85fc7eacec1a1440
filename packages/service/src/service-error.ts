/**
 * Why a process could not start.
 *
 * - `address_invalid`: an address to listen on cannot be used as it is written.
 * - `port_taken`: another program listens on that host and port.
 * - `address_unavailable`: the system refuses the address (no such host, no right, no such folder).
 * - `socket_taken`: a living program answers on that unix socket.
 * - `state_folder_unsafe`: a folder or file that must be private belongs to another, is a link, or holds something else.
 * - `state_folder_unwritable`: the state folder cannot be made or written.
 * - `certificate_invalid`: a certificate or its key cannot be read or used.
 * - `pages_missing`: the folder of built pages cannot be read, or holds none.
 */
export type ServiceErrorCode =
  | 'address_invalid'
  | 'port_taken'
  | 'address_unavailable'
  | 'socket_taken'
  | 'state_folder_unsafe'
  | 'state_folder_unwritable'
  | 'certificate_invalid'
  | 'pages_missing';

/** The one error of this package. Switch on `code`; the texts are for people. */
export class ServiceError extends Error {
  override readonly name: string = 'ServiceError';
  readonly code: ServiceErrorCode;
  /** What is wrong, without place and step. */
  readonly problem: string;
  /** The address, folder or file that it is about. */
  readonly place: string;
  /** What mends it, an imperative sentence. */
  readonly step: string;

  constructor(code: ServiceErrorCode, facts: { problem: string; place: string; step: string; cause?: unknown }) {
    super(`${facts.problem}: ${facts.place}. ${facts.step}`, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.problem = facts.problem;
    this.place = facts.place;
    this.step = facts.step;
  }
}

/** System error code of `error` (`EACCES`, `ENOENT`, …), or undefined where it has none. */
export function systemCodeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
