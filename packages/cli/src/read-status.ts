import type { AgentConnection } from './agent-connection.ts';
import { readJson, requestAgent } from './agent-request.ts';
import { CliError } from './cli-error.ts';

/** A token as `GET /v1/status` tells it; absent members are undefined. */
export interface TokenStatus {
  readonly name: string;
  /** Whether this app may read it, or only call through the proxy. */
  readonly mayRead: boolean;
  readonly state: string;
  readonly isUsable: boolean;
  readonly isSuspect: boolean;
  readonly fingerprint: string | undefined;
  readonly scope: string | undefined;
  readonly remainingSeconds: number | undefined;
  readonly runwaySeconds: number | undefined;
  /** Epoch ms. */
  readonly nextMintAt: number | undefined;
  /** The process of the fleet that minted it, and when (epoch ms). */
  readonly mintedBy: string | undefined;
  readonly mintedAt: number | undefined;
  readonly failure: { readonly code: string; readonly message: string; readonly meaning: string; readonly step: string } | undefined;
}

/** The store of the agent as `GET /v1/status` tells it. */
export interface StoreStatus {
  readonly kind: string;
  readonly isDegraded: boolean;
  /** Whether the agent's own disk has not taken a token yet. */
  readonly hasUnsavedTokens: boolean;
  /** What the fleet calls this agent; undefined where it shares with nobody. */
  readonly writer: string | undefined;
}

/**
 * The status of the running agent: its store, the tokens that this app may see, and the whole body of the answer. Throws a CliError for a body without
 * tokens.
 */
export async function readStatus(
  connection: AgentConnection,
): Promise<{ body: Readonly<Record<string, unknown>>; store: StoreStatus; tokens: readonly TokenStatus[] }> {
  const path = '/v1/status';
  const body = await requestAgent(connection, { method: 'GET', path }, (answer) => readJson(answer, `${connection.url}${path}`));
  if (!isStatus(body)) {
    const step = 'See that the address is that of an agent.';
    throw new CliError({ problem: 'What answered as the agent told no state of tokens', place: `${connection.url}${path}`, step });
  }
  return { body, store: storeOf(objectOf(body['store'])), tokens: tokensOf(body) };
}

function storeOf(store: Readonly<Record<string, unknown>>): StoreStatus {
  const { kind, is_degraded: isDegraded, has_unsaved_tokens: hasUnsavedTokens, writer } = store;
  return {
    kind: textOf(kind) ?? 'file',
    isDegraded: isDegraded === true,
    hasUnsavedTokens: hasUnsavedTokens === true,
    writer: textOf(writer),
  };
}

type Status = Readonly<Record<string, unknown>> & { readonly tokens: readonly unknown[] };

// Without this check any other server would pass for a healthy agent: where there are no tokens, none has a problem.
function isStatus(body: Readonly<Record<string, unknown>>): body is Status {
  const { tokens } = body as { tokens?: unknown };
  return (
    Array.isArray(tokens) &&
    tokens.map(objectOf).every(({ name, state, is_usable: isUsable }) => {
      return typeof name === 'string' && typeof state === 'string' && typeof isUsable === 'boolean';
    })
  );
}

function tokensOf({ tokens }: Status): readonly TokenStatus[] {
  return tokens.map(objectOf).map((token) => {
    const held = objectOf(token['token']);
    return {
      name: String(token['name']),
      mayRead: token['may_read'] === true,
      state: String(token['state']),
      isUsable: token['is_usable'] === true,
      isSuspect: token['is_suspect'] === true,
      fingerprint: textOf(held['fingerprint']),
      scope: textOf(held['scope']),
      remainingSeconds: numberOf(held['remaining_seconds']),
      runwaySeconds: numberOf(held['runway_seconds']),
      nextMintAt: instantOf(token['next_mint_at']),
      mintedBy: textOf(objectOf(token['last_mint'])['by']),
      mintedAt: instantOf(held['asked_at']),
      failure: failureOf(objectOf(token['last_failure'])),
    };
  });
}

function failureOf(failure: Readonly<Record<string, unknown>>): TokenStatus['failure'] {
  const [code, message, meaning, step] = ['code', 'message', 'meaning', 'step'].map((name) => textOf(failure[name]) ?? '') as [
    string,
    string,
    string,
    string,
  ];
  return code === '' ? undefined : { code, message, meaning, step };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function instantOf(value: unknown): number | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : numberOf(value);
  return at === undefined || Number.isNaN(at) ? undefined : at;
}
