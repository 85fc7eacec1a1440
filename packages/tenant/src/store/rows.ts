import type { Insertable, Selectable } from 'kysely';
import type { Application, ApplicationProperties } from '../model/application.ts';
import type { ClientGrant } from '../model/client-grant.ts';
import type { Scope } from '../model/management-scopes.ts';
import type { ResourceServer } from '../model/resource-server.ts';
import type { SigningKey } from '../model/signing-key.ts';
import type { Seal } from './seal.ts';
import type { Flag, Tables } from './tables.ts';

const flag = (value: boolean): Flag => (value ? 1 : 0);
const secretPlace = (clientId: string): string => `client secret of ${clientId}`;
const privateKeyPlace = (kid: string): string => `signing key ${kid}`;

/** Between {@link Application} and its row. */
export const applicationRow = {
  from(application: Application, seal: Seal): Insertable<Tables['applications']> {
    const { clientId, clientSecret, isGlobal, properties } = application;
    return {
      client_id: clientId,
      is_global: flag(isGlobal),
      is_first_party: flag(properties.is_first_party),
      app_type: properties.app_type ?? null,
      sealed_client_secret: seal.close(clientSecret, secretPlace(clientId)),
      properties: JSON.stringify(properties),
    };
  },
  to(row: Selectable<Tables['applications']>, seal: Seal): Application {
    return {
      clientId: row.client_id,
      clientSecret: seal.open(row.sealed_client_secret, secretPlace(row.client_id)),
      isGlobal: row.is_global === 1,
      properties: JSON.parse(row.properties) as ApplicationProperties,
    };
  },
};

/** Between {@link ClientGrant} and its row. */
export const clientGrantRow = {
  from({ id, clientId, resourceServerId, scope, subjectType }: ClientGrant): Insertable<Tables['client_grants']> {
    return { id, client_id: clientId, resource_server_id: resourceServerId, scope: JSON.stringify(scope), subject_type: subjectType };
  },
  to(row: Selectable<Tables['client_grants']>): ClientGrant {
    return {
      id: row.id,
      clientId: row.client_id,
      resourceServerId: row.resource_server_id,
      scope: JSON.parse(row.scope) as string[],
      subjectType: row.subject_type as ClientGrant['subjectType'],
    };
  },
};

/** Between {@link ResourceServer} and its row. */
export const resourceServerRow = {
  from(server: ResourceServer): Insertable<Tables['resource_servers']> {
    return {
      id: server.id,
      identifier: server.identifier ?? null,
      name: server.name ?? null,
      scopes: JSON.stringify(server.scopes),
      signing_alg: server.signingAlg,
      token_lifetime: server.tokenLifetimeSeconds,
      token_lifetime_for_web: server.tokenLifetimeForWebSeconds,
      is_system: flag(server.isSystem),
    };
  },
  to(row: Selectable<Tables['resource_servers']>): ResourceServer {
    return {
      id: row.id,
      identifier: row.identifier ?? undefined,
      name: row.name ?? undefined,
      scopes: JSON.parse(row.scopes) as Scope[],
      signingAlg: row.signing_alg as ResourceServer['signingAlg'],
      tokenLifetimeSeconds: row.token_lifetime,
      tokenLifetimeForWebSeconds: row.token_lifetime_for_web,
      isSystem: row.is_system === 1,
    };
  },
};

/** Between {@link SigningKey} and its row. */
export const signingKeyRow = {
  from({ kid, state, certificatePem, privateKeyPem }: SigningKey, seal: Seal): Insertable<Tables['signing_keys']> {
    return { kid, state, certificate: certificatePem, sealed_private_key: seal.close(privateKeyPem, privateKeyPlace(kid)) };
  },
  to(row: Selectable<Tables['signing_keys']>, seal: Seal): SigningKey {
    return {
      kid: row.kid,
      state: row.state as SigningKey['state'],
      certificatePem: row.certificate,
      privateKeyPem: seal.open(row.sealed_private_key, privateKeyPlace(row.kid)),
    };
  },
};
