import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { SecretSource } from '@evertoken/client';
import { identified, secretFromCommand, secretFromEnv, secretFromFile } from '@evertoken/client/secrets';
import type { Reference } from './schema-parts.ts';

/** What references are read against. */
export interface ReferenceContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative files are in. */
  readonly folder: string;
}

/**
 * The value of `reference` now.
 *
 * @throws {Error} It cannot be read; the message names the variable, file or command and what mends it, never the value.
 */
export async function readReference(reference: Reference, context: ReferenceContext): Promise<string> {
  return typeof reference === 'string' ? reference : sourceOf(reference, context)();
}

/**
 * How a client secret is read at each mint: a file or command anew, so that a rotated secret is found; a literal or an environment
 * variable once, since neither can change. A command is first run at the first mint. Opened again, it is the same source as long as the config and the file
 * are: a reload then leaves the issuer alone that refused it, and asks at once where the file was mended.
 *
 * @throws {Error} The variable or file cannot be read already.
 */
export async function openSecretSource(reference: Reference, context: ReferenceContext): Promise<SecretSource> {
  if (typeof reference === 'string') return reference;
  const source = sourceOf(reference, context);
  if ('command' in reference) return source;
  const value = await source();
  if (!('file' in reference)) return value;
  const content = createHash('sha256').update(value).digest('base64');
  return identified(() => source(), [source, content]);
}

function sourceOf(reference: Exclude<Reference, string>, { env, folder }: ReferenceContext): () => string | Promise<string> {
  if ('env' in reference) return secretFromEnv(reference.env, env);
  if ('file' in reference) return secretFromFile(resolve(folder, reference.file));
  return secretFromCommand(reference.command as [string, ...string[]], { folder });
}
