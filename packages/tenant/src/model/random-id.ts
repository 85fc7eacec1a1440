import { randomBytes, randomFillSync, randomInt } from 'node:crypto';

const alphanumerics = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const urlSafe = `${alphanumerics}-_`;

function randomText(length: number, alphabet: string): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}

/** 32 alphanumerics. */
export const newClientId = (): string => randomText(32, alphanumerics);

/** 64 characters of base64url: 384 bits. */
export const newClientSecret = (): string => randomText(64, urlSafe);

/** `cgr_` and 16 alphanumerics. */
export const newClientGrantId = (): string => `cgr_${randomText(16, alphanumerics)}`;

/** `cred_` and 22 alphanumerics. */
export const newCredentialId = (): string => `cred_${randomText(22, alphanumerics)}`;

/** `org_` and 16 alphanumerics. */
export const newOrganizationId = (): string => `org_${randomText(16, alphanumerics)}`;

/** 24 hex digits. */
export const newResourceServerId = (): string => randomBytes(12).toString('hex');

/** 21 characters of base64url. */
export const newKeyId = (): string => randomText(21, urlSafe);

const requestIdBytes = 10;
const requestIds = Buffer.alloc(400 * requestIdBytes);
let takenOfRequestIds = requestIds.length;

/** 20 hex digits: the name of one request in headers. Random bytes are drawn for many at once: every answer has one. */
export function newRequestId(): string {
  if (takenOfRequestIds === requestIds.length) {
    randomFillSync(requestIds);
    takenOfRequestIds = 0;
  }
  takenOfRequestIds += requestIdBytes;
  return requestIds.toString('hex', takenOfRequestIds - requestIdBytes, takenOfRequestIds);
}

/** 16 hex digits: ties a 5xx answer to its log line. */
export const newErrorId = (): string => randomBytes(8).toString('hex');
