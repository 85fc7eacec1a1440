import { type ControlAnswer, type ControlRequest, openControlSocket, ServiceError } from '@evertoken/service';
import { TenantError } from '../tenant-error.ts';

const stopOrMove = 'Stop it, or choose another state folder. Several nodes share one tenant through PostgreSQL.';

/**
 * Takes the folder of a SQLite database for this process alone. One that dies lets go of it. `step`: what mends it where another has it. `answer`: what its
 * owner is answered who asks the process.
 * @throws {TenantError} `tenant_running` where another one has it.
 */
export async function lockState(
  folder: string,
  { step = stopOrMove, answer = nothing }: { step?: string; answer?: (request: ControlRequest) => Promise<ControlAnswer> } = {},
): Promise<{ close(): Promise<void> }> {
  try {
    return await openControlSocket(folder, answer);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'socket_taken') throw error;
    throw new TenantError('tenant_running', {
      problem: 'Another tenant runs with this state folder',
      place: folder,
      step,
      cause: error,
    });
  }
}

const nothing = (): Promise<ControlAnswer> =>
  Promise.resolve({ status: 404, body: { error: 'A command of its operator has the tenant', step: 'Ask again when it has ended.' } });
