import type { ShownClient, ShownCredential } from '@evertoken/tenant/contract';
import { callApi } from '../management/management-api.ts';

/** An application as it is at this moment. Its secret is not among what is read. */
export async function readApplication(id: string): Promise<ShownClient> {
  return await callApi<ShownClient>('GET', `${pathOf(id)}?fields=client_secret,signing_keys&include_fields=false`);
}

/** The ids of the credentials that an application may prove itself with; undefined for one that has a secret. */
export function keysInUse({ client_authentication_methods: methods }: ShownClient): readonly string[] | undefined {
  return methods && (methods.private_key_jwt?.credentials ?? []).map(({ id }) => id);
}

/** The application proves itself with these keys from now on, and with nothing else. */
async function proveWith(id: string, credentialIds: readonly string[]): Promise<ShownClient> {
  const credentials = credentialIds.map((credentialId) => ({ id: credentialId }));
  return await callApi<ShownClient>('PATCH', pathOf(id), {
    token_endpoint_auth_method: null,
    client_authentication_methods: { private_key_jwt: { credentials } },
  });
}

/**
 * The application proves itself with its keys from now on: with all that it has at this moment, another page may have added some. One that does so already
 * is answered as it is: which of its keys are in use is chosen key by key.
 */
export async function proveWithKeys(id: string): Promise<ShownClient> {
  const application = await readApplication(id);
  if (keysInUse(application) !== undefined) return application;
  const credentials = await callApi<readonly ShownCredential[]>('GET', `${pathOf(id)}/credentials`);
  return await proveWith(
    id,
    credentials.map((credential) => credential.id),
  );
}

/**
 * Puts a key in use beside those that are: a key that is only added is one that the token endpoint refuses. An application that has a secret keeps it, and
 * is answered as it is.
 */
export async function putInUse(id: string, credentialId: string): Promise<ShownClient> {
  const application = await readApplication(id);
  const inUse = keysInUse(application);
  if (inUse === undefined || inUse.includes(credentialId)) return application;
  return await proveWith(id, [...inUse, credentialId]);
}

const pathOf = (id: string): string => `/clients/${encodeURIComponent(id)}`;
