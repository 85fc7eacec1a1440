import { randomBytes } from 'node:crypto';

/** Makes ids of requests: ones that no other process makes, in turn. */
export function requestIds(): () => string {
  const prefix = randomBytes(9).toString('base64url');
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}.${count.toString(36)}`;
  };
}
