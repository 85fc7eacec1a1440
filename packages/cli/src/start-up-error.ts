import { AgentError } from '@evertoken/agent';
import { ServiceError } from '@evertoken/service';
import { CliError } from './cli-error.ts';

/** `error` of a start, with the option of this command that mends it where there is one. */
export function startUpError(error: unknown, portOptions: { http?: string; https?: string }): unknown {
  if (error instanceof AgentError && error.code === 'state_folder_taken') {
    const step = error.step.replace('choose another state folder', 'choose another folder with --home');
    return new CliError({ problem: error.problem, ...(error.place !== undefined && { place: error.place }), step, cause: error });
  }
  if (isTenantRunning(error)) {
    const step = 'Stop it, or choose another folder with --home. Several nodes share one tenant through PostgreSQL.';
    return new CliError({ problem: error.problem, place: error.place, step, cause: error });
  }
  if (!(error instanceof ServiceError)) return error;
  const { problem, place } = error;
  const portOption = place.startsWith('https:') ? portOptions.https : portOptions.http;
  if (error.code === 'port_taken' && portOption !== undefined) {
    const step = `Stop the program that listens there, or choose another port with ${portOption} (0 takes a free one).`;
    return new CliError({ problem, place, step, cause: error });
  }
  if (error.code === 'socket_taken') {
    const step = 'Stop the agent that runs with this state folder, or choose another folder with --home.';
    return new CliError({ problem: 'Another agent runs with this state folder', place, step, cause: error });
  }
  if (error.code === 'state_folder_unsafe' || error.code === 'state_folder_unwritable') {
    return new CliError({
      problem,
      place,
      step: error.step.replace('choose another folder', 'choose another folder with --home'),
      cause: error,
    });
  }
  return error;
}

// Not by its class, because that would load the tenant for commands of the agent.
function isTenantRunning(error: unknown): error is { readonly problem: string; readonly place: string } {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return name === 'TenantError' && code === 'tenant_running';
}
