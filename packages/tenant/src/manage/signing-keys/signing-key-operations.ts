import { z } from 'zod';
import { revokeSigningKey, rotateSigningKeys } from '../../issue/key-rotation.ts';
import { hostOf } from '../../model/domain.ts';
import type { SigningKey } from '../../model/signing-key.ts';
import { TenantError } from '../../tenant-error.ts';
import { manageRefusals } from '../manage-refusal.ts';
import { type Operation, operation } from '../operation.ts';
import { signingKeyView, wirePem } from './signing-key-view.ts';

/** A signing key as it is shown: never with its private half. */
export interface ShownSigningKey {
  readonly kid: string;
  readonly cert: string;
  readonly current: boolean;
  readonly next: boolean;
  readonly previous: boolean;
  readonly current_since?: string | undefined;
  readonly current_until?: string | undefined;
  readonly fingerprint: string;
  readonly revoked: boolean;
  readonly revoked_at?: string | undefined;
}

const tag = 'keys';
const ofKey = z.object({ kid: z.string().describe('Key ID of the application signing key.') });
const certificate = z.strictObject({ cert: z.string(), kid: z.string() });
const keyShown: z.ZodType<ShownSigningKey> = z.strictObject({
  kid: z.string(),
  cert: z.string().describe('The public certificate of the signing key, PEM with CRLF.'),
  pkcs7: z.string(),
  current: z.boolean(),
  next: z.boolean(),
  previous: z.boolean(),
  current_since: z.iso.datetime().optional(),
  current_until: z.iso.datetime().optional(),
  fingerprint: z.string().describe('SHA-1 of the certificate, with colons.'),
  thumbprint: z.string().describe('The same without colons.'),
  revoked: z.boolean(),
  revoked_at: z.iso.datetime().optional(),
});
const order: readonly SigningKey['state'][] = ['current', 'next', 'previous', 'revoked'];

/** Operations of `/keys/signing`. */
export const signingKeyOperations: readonly Operation[] = [
  operation({
    id: 'get_signing_keys',
    method: 'GET',
    path: '/keys/signing',
    summary: 'Get all Application Signing Keys',
    tag,
    scopes: { anyOf: ['read:signing_keys'] },
    status: 200,
    response: z.array(keyShown),
    handle: async ({ parts: { store } }) => {
      const keys = [...(await store.signingKeys())].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
      return { body: keys.map(signingKeyView) };
    },
  }),
  operation({
    id: 'get_signing_key',
    method: 'GET',
    path: '/keys/signing/{kid}',
    summary: 'Get an Application Signing Key by its key id',
    tag,
    scopes: { anyOf: ['read:signing_keys'] },
    pathParameters: ofKey,
    status: 200,
    response: keyShown,
    refusals: { 404: 'There is no such key.' },
    handle: async ({ path, parts: { store } }) => {
      const key = (await store.signingKeys()).find(({ kid }) => kid === path.kid);
      if (key === undefined) throw manageRefusals.noSuchKey();
      return { body: signingKeyView(key) };
    },
  }),
  operation({
    id: 'post_signing_keys',
    method: 'POST',
    path: '/keys/signing/rotate',
    summary: 'Rotate the Application Signing Key',
    tag,
    scopes: { allOf: ['create:signing_keys', 'update:signing_keys'] },
    endpoint: 'rotate_signing_keys',
    status: 201,
    response: certificate,
    differs: 'A key that was the previous one before is revoked at once. Five a day where a rate-limit plan is set.',
    handle: async ({ parts: { store, domain, now } }) => {
      const { next } = await rotateSigningKeys(store, { host: hostOf(domain), nowMs: now() });
      return { body: { cert: wirePem(next.certificatePem), kid: next.kid } };
    },
  }),
  operation({
    id: 'put_signing_keys',
    method: 'PUT',
    path: '/keys/signing/{kid}/revoke',
    summary: 'Revoke an Application Signing Key by its key id',
    tag,
    scopes: { anyOf: ['update:signing_keys'] },
    pathParameters: ofKey,
    status: 200,
    response: certificate,
    refusals: { 400: 'The key is not a previous one.', 404: 'There is no such key.' },
    handle: async ({ path, parts: { store, now } }) => {
      try {
        const { certificatePem, kid } = await revokeSigningKey(store, path.kid, now());
        return { body: { cert: wirePem(certificatePem), kid } };
      } catch (error) {
        if (error instanceof TenantError && error.code === 'not_found') throw manageRefusals.noSuchKey();
        // Auth0's documentation says that only a previous key can be revoked; code and text are ours.
        if (error instanceof TenantError && error.code === 'key_in_use')
          throw manageRefusals.notSupported('Only a previous signing key can be revoked');
        throw error;
      }
    },
  }),
];
