import type { AgentConnection } from './agent-connection.ts';
import { readJson, requestAgent } from './agent-request.ts';

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
  readonly failure: { readonly code: string; readonly message: string; readonly meaning: string; readonly step: string } | undefined;
}

/** What the running agent tells of the tokens that this app may see, and the whole body that tells it. */
export async function readStatus(
  connection: AgentConnection,
): Promise<{ body: Readonly<Record<string, unknown>>; tokens: readonly TokenStatus[] }> {
  const path = '/v1/status';
  const body = await requestAgent(connection, { method: 'GET', path }, (answer) => readJson(answer, `${connection.url}${path}`));
  return { body, tokens: tokensOf(body) };
}

function tokensOf(body: Readonly<Record<string, unknown>>): readonly TokenStatus[] {
  const tokens = Array.isArray(body['tokens']) ? body['tokens'] : [];
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
