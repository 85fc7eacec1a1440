import { managementScopes, type Scope } from './management-scopes.ts';
import { newResourceServerId } from './random-id.ts';

/** An API that tokens are issued for. */
export interface ResourceServer {
  readonly id: string;
  /** The audience. Undefined for the Management API, whose audience follows the tenant's domain: see {@link identifierOf}. */
  readonly identifier: string | undefined;
  readonly name: string | undefined;
  readonly scopes: readonly Scope[];
  readonly signingAlg: 'RS256';
  readonly tokenLifetimeSeconds: number;
  readonly tokenLifetimeForWebSeconds: number;
  readonly isSystem: boolean;
}

/** Longest life of a token, 30 days in seconds (contract §2.5). */
export const maxTokenLifetimeSeconds = 2_592_000;

/** Audience of the Management API of the tenant at `domain`. */
export function managementIdentifier(domain: string): string {
  return `https://${domain}/api/v2/`;
}

/** Audience of `resourceServer` while the tenant runs at `domain`. */
export function identifierOf(resourceServer: ResourceServer, domain: string): string {
  return resourceServer.identifier ?? managementIdentifier(domain);
}

/** The system API of a new tenant (contract §5.4). */
export function newManagementApi(): ResourceServer {
  return {
    id: newResourceServerId(),
    identifier: undefined,
    name: 'Auth0 Management API',
    scopes: managementScopes,
    signingAlg: 'RS256',
    tokenLifetimeSeconds: 86_400,
    tokenLifetimeForWebSeconds: 7_200,
    isSystem: true,
  };
}
