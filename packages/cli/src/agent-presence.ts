import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';

// As in @evertoken/service, whose loading would take longer than all the rest of `evertoken token`.
const socketName = 'control.sock';
const longestSocketPath = 107;

/**
 * Throws a CliError (exit code 3) unless an agent holds the state folder. An agent that has ended leaves its address there, and another program may listen on
 * that address by now.
 */
export async function requireAgent(home: string): Promise<void> {
  try {
    await knock(home);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Somebody listens there, who has too many connections waiting.
    if (code === 'EAGAIN') return;
    if (['ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'ENAMETOOLONG', 'EINVAL'].includes(code ?? '')) throw noAgentAt(home);
    throw new CliError({
      problem: `It cannot be seen whether an agent runs with this state folder (${code ?? (error as Error).message})`,
      place: join(home, socketName),
      step: 'Run this as the user whose agent it is, or name the agent with --url and --app-key-file.',
      cause: error,
    });
  }
}

/** The error where no agent holds the state folder. */
export function noAgentAt(home: string): CliError {
  return new CliError({
    problem: 'No agent runs with this state folder',
    place: home,
    step: 'Start one with `evertoken dev` or `evertoken start`, or name the folder of a running one with --home.',
    exitCode: exitCode.noAgent,
  });
}

async function knock(home: string): Promise<void> {
  const path = join(home, socketName);
  if (Buffer.byteLength(path) <= longestSocketPath || process.platform !== 'linux') return await connected(path);
  // Through the open folder, as the agent itself does where the path is too long for a socket.
  const folder = await open(home, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await connected(`/proc/self/fd/${folder.fd}/${socketName}`);
  } finally {
    await folder.close();
  }
}

function connected(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
