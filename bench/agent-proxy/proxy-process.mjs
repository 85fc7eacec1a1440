// One of the Node proxies: node proxy-process.mjs NAME, then called over the channel.
import { openChannel } from '../channel.mjs';

const [name] = process.argv.slice(2);
process.on('disconnect', () => process.exit(0));

const { startProxy } = await import(`./proxies/${name}.mjs`);

openChannel(process, {
  cpu: () => process.cpuUsage(),
  /** Answers the port. */
  start: ({ origin, authorization }) => startProxy({ origin, authorization }),
});
