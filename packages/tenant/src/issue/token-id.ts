import { randomBytes } from 'node:crypto';

/** 22 characters: a new `jti`. */
export const newTokenId = (): string => randomBytes(16).toString('base64url');

/** 32 alphanumerics: a token that says nothing. */
export const newOpaqueToken = (): string => randomBytes(16).toString('hex');
