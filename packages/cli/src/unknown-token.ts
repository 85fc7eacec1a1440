import type { AgentConnection } from './agent-connection.ts';
import { CliError } from './cli-error.ts';
import { printable } from './printable.ts';
import { readStatus } from './read-status.ts';

/** The error for a token that the app may not know of, with the names of those that it may. */
export async function unknownToken(connection: AgentConnection, name: string): Promise<CliError> {
  const names = await readStatus(connection).then(
    ({ tokens }) => tokens.map((token) => token.name),
    () => [],
  );
  // Loaded only now: it brings the whole agent with it.
  const { nearestName } = await import('@evertoken/agent');
  const nearest = nearestName(name, names);
  const known = names.length === 0 ? 'This app may use none.' : `There are: ${names.map(printable).join(', ')}.`;
  return new CliError({
    problem: `This app has no token of the name ${JSON.stringify(name)}`,
    place: connection.url,
    step: nearest === undefined ? `Name one that there is. ${known}` : `Did you mean ${printable(nearest)}? ${known}`,
  });
}
