import pc from 'picocolors';
import { type AgentOptions, findAgent } from './agent-connection.ts';
import { exitCode } from './exit-code.ts';
import { durationText, localTimeText } from './human-time.ts';
import { printable } from './printable.ts';
import { readStatus, type StoreStatus, type TokenStatus } from './read-status.ts';
import { formatTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Options of `evertoken status`. */
export interface StatusOptions extends AgentOptions {
  json?: boolean;
}

/** Prints what the running agent tells of its tokens. Answers exit code 1 where one of them cannot be used. */
export async function printStatus(options: StatusOptions, terminal: Terminal): Promise<number> {
  const connection = await findAgent(options, terminal);
  const { body, store, tokens } = await readStatus(connection);
  const text =
    options.json === true
      ? `${JSON.stringify(body, undefined, 2)}\n`
      : formatStatus({ url: connection.url, store, tokens }, terminal.hasOutputColor);
  terminal.stdout.write(text);
  return tokens.every((token) => token.isUsable) ? exitCode.ok : exitCode.failure;
}

/** The screen of `evertoken status`. */
export function formatStatus(
  { url, store, tokens }: { url: string; store: StoreStatus; tokens: readonly TokenStatus[] },
  hasColor: boolean,
): string {
  const { bold, dim } = pc.createColors(hasColor);
  const isShared = store.writer !== undefined;
  const lines = [`${bold('agent')}  ${url}`];
  if (isShared) {
    const state = store.isDegraded ? 'away: each agent mints for itself until it is back' : 'shared';
    lines.push(`${bold('store')}  ${printable(store.kind)}, ${state}; this agent is ${printable(store.writer ?? '')}`);
  }
  if (store.hasUnsavedTokens) lines.push(`${bold('disk')}   takes no token: after a restart of the agent it is minted anew`);
  if (tokens.length === 0) return `${lines.join('\n')}\n\nThis app may see no token.\n`;
  const rows = tokens.map((token) => [
    token.name,
    token.isSuspect ? `${token.state}, refused by the API` : token.state,
    token.fingerprint ?? '–',
    token.remainingSeconds === undefined ? '–' : durationText(token.remainingSeconds * 1_000),
    token.nextMintAt === undefined ? '–' : localTimeText(token.nextMintAt),
    token.runwaySeconds === undefined ? '–' : durationText(token.runwaySeconds * 1_000),
    ...(isShared ? [minterText(token, store)] : []),
  ]);
  const minter = isShared ? ['minted by'] : [];
  lines.push('', formatTable(['token', 'state', 'fingerprint', 'left', 'next mint', 'runway', ...minter], rows, hasColor));
  for (const { name, failure } of tokens) {
    if (failure === undefined) continue;
    lines.push('', `${bold(printable(name))}: ${printable(failure.message)} ${dim(`(${printable(failure.code)})`)}`);
    if (failure.meaning !== '') lines.push(`  ${printable(failure.meaning)}`);
    if (failure.step !== '') lines.push(`  ${dim('to mend:')} ${printable(failure.step)}`);
  }
  return `${lines.join('\n')}\n`;
}

function minterText({ mintedBy, mintedAt }: TokenStatus, { writer }: StoreStatus): string {
  if (mintedBy === undefined || mintedAt === undefined) return '–';
  return `${mintedBy === writer ? 'this agent' : printable(mintedBy)}, ${localTimeText(mintedAt)}`;
}
