import { outliveLostOutput } from './lost-output.ts';
import { runProgram } from './program.ts';
import { terminalOf } from './terminal.ts';

outliveLostOutput(process);
// No `await`: what is published is CommonJS, which knows none at the top of a module.
void runProgram(process.argv.slice(2), terminalOf(process)).then((code) => {
  process.exitCode = code;
});
