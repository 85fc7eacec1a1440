import { spawnProcess } from '../../src/spawned-process.ts';

// Starts a process that holds a connection to the given port, and ends without stopping it.
const script = `require('net').connect(${process.argv[2]}, '127.0.0.1', () => console.log('connected'))`;
await spawnProcess(process.execPath, ['-e', script]).waitFor(/connected/);
process.exit();
