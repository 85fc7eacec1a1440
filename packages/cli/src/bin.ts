#!/usr/bin/env node
import { runProgram } from './program.ts';
import { terminalOf } from './terminal.ts';

// `evertoken call … | head` closes the pipe while we write into it; that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await runProgram(process.argv.slice(2), terminalOf(process));
