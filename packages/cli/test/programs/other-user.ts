// Starts a program as root, goes on as another user, and tells what became of the signals that it then sends.
import { startProgram } from '../../src/exec/child-program.ts';

const child = startProgram(['sleep', '3'], process.env);
process.setuid?.(65_534);
child.signal('SIGHUP');
child.signal('SIGHUP');
process.stdout.write(`told to end: ${await child.end()}, `);
process.stdout.write(`ended with ${await child.ended}\n`);
