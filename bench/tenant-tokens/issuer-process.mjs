// One of the issuers: node issuer-process.mjs NAME, then called over the channel.
import { openChannel } from '../channel.mjs';

const [name] = process.argv.slice(2);
process.on('disconnect', () => process.exit(0));

const { startIssuer } = await import(`./issuers/${name}.mjs`);

openChannel(process, {
  /** Answers the URL of the token endpoint, and the clients where the issuer makes them. */
  start: (options) => startIssuer(options),
});
