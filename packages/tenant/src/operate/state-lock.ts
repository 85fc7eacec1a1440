import { askControlSocket, openControlSocket, ServiceError } from '@evertoken/service';
import { TenantError } from '../tenant-error.ts';

/**
 * Takes the folder of a SQLite database for this tenant. A process that dies lets go of it.
 * @throws {TenantError} `tenant_running` where another one has it.
 */
export async function lockState(folder: string): Promise<{ close(): Promise<void> }> {
  try {
    return await openControlSocket(folder, async () => ({ status: 200, body: {} }));
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'socket_taken') throw error;
    throw new TenantError('tenant_running', {
      problem: 'Another tenant runs with this state folder',
      place: folder,
      step: 'Stop it, or choose another state folder. Several nodes share one tenant through PostgreSQL.',
      cause: error,
    });
  }
}

/** Whether a tenant runs with that folder. */
export async function isStateLocked(folder: string): Promise<boolean> {
  return (await askControlSocket(folder, { method: 'GET', path: '/' })) !== undefined;
}
