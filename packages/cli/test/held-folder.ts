import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openControlSocket } from '@evertoken/service';
import { freshFolder } from '@evertoken/testkit';
import { onTestFinished } from 'vitest';
import { type EnvEntries, formatEnvFile } from '../src/env-file.ts';

/** A state folder that an agent holds by its control socket. */
export interface HeldFolder {
  readonly home: string;
  /** The agent ends, and leaves everything there but its hold. */
  readonly letGo: () => Promise<void>;
}

/** A folder in which an agent has left these entries, held until the test ends, or before. */
export async function aHeldFolder(entries: EnvEntries, home?: string): Promise<HeldFolder> {
  const folder = home ?? (await freshFolder());
  await writeFile(join(folder, 'env'), formatEnvFile(entries), { mode: 0o600 });
  const control = await openControlSocket(folder, async () => ({ status: 404, body: {} }));
  let end: Promise<void> | undefined;
  const letGo = (): Promise<void> => (end ??= control.close());
  onTestFinished(letGo);
  return { home: folder, letGo };
}
