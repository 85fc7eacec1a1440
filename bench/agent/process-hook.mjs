// Loaded into a program by `--import`, so that the bench may ask what it takes and let it go: nothing in the program has to know.
import { openChannel } from '../channel.mjs';

openChannel(process, {
  cpu: () => process.cpuUsage(),
  memory: () => process.memoryUsage(),
});
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
