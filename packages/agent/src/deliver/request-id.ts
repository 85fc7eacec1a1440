import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Makes the ids of requests: consecutive numbers after a beginning that no other process has. */
export function requestIds(): () => string {
  const prefix = randomBytes(9).toString('base64url');
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}.${count.toString(36)}`;
  };
}

/** The `X-Request-Id` that the program sent, if it is plain enough to be repeated in headers and logs. */
export function givenRequestId({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : undefined;
}
