import { commandTree } from './command-line/command-tree.ts';
import { helpAskedFor, readPlainly } from './command-line/plain-reading.ts';
import { exitCode } from './exit-code.ts';
import { reportOfOutOfFiles } from './out-of-files.ts';
import type { Terminal } from './terminal.ts';

/** Runs the command line `args` (without node and script) and answers the exit code; for a command that keeps running, once it has started. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  // Commander takes what follows `--` for options of the command where no option stands before it.
  const dashes = commandTree.some(({ name, rest }) => rest !== undefined && args.includes(name)) ? args.indexOf('--') : -1;
  const line = dashes === -1 ? args : args.slice(0, dashes);
  const rest = dashes === -1 ? [] : args.slice(dashes + 1);
  try {
    const topic = helpAskedFor(line);
    const help = topic === undefined ? undefined : (await import('./command-line/help.ts')).helpOf(topic, commandTree, terminal.columns);
    if (help !== undefined) {
      terminal.stdout.write(help);
      return exitCode.ok;
    }
    const plain = readPlainly(line);
    if (plain !== undefined)
      return (await plain.command.run({ ...plain.call, rest, line, commands: commandTree, terminal })) ?? exitCode.ok;
    const { runWithCommander } = await import('./command-line/commander-program.ts');
    return await runWithCommander(commandTree, line, rest, terminal);
  } catch (error) {
    return await report(error, terminal);
  }
}

async function report(error: unknown, terminal: Terminal): Promise<number> {
  let told = reportOfOutOfFiles(error);
  if (told === undefined) {
    try {
      const { reportError } = await import('./report-error.ts');
      return reportError(error, terminal);
    } catch (failure) {
      told = reportOfOutOfFiles(failure);
      if (told === undefined) throw failure;
    }
  }
  terminal.stderr.write(told);
  return exitCode.failure;
}
