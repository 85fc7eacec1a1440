import { outliveLostOutput } from './lost-output.ts';
import { runProgram } from './program.ts';
import { terminalOf } from './terminal.ts';

outliveLostOutput(process);
process.exitCode = await runProgram(process.argv.slice(2), terminalOf(process));
