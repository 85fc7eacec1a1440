import { randomBytes } from 'node:crypto';

/** Makes the ids of requests: consecutive numbers after a beginning that no other process has. */
export function requestIds(): () => string {
  const prefix = randomBytes(9).toString('base64url');
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}.${count.toString(36)}`;
  };
}
