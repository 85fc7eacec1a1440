import type { ExpressionBuilder, ExpressionWrapper, SqlBool } from 'kysely';
import type { ApplicationProperties } from '../../model/application.ts';
import { type IssuingApplication, type IssuingProperties, issuingProperties, secretDigest } from '../../model/issuing-application.ts';
import type { Seal } from '../seal.ts';
import { isSet, type Tables } from '../tables.ts';
import type { ApplicationFilter } from '../tenant-store.ts';
import { among } from './among.ts';
import { memoizedJson } from './memoized-json.ts';
import type { RecordTable } from './record-table.ts';

const secretPlace = (clientId: string): string => `client secret of ${clientId}`;
const formerSecretPlace = (clientId: string): string => `former client secret of ${clientId}`;

/** Turns applications into rows of their table and back. */
export const applicationTable: RecordTable<'applications', 'applications'> = {
  kind: 'applications',
  table: 'applications',
  key: 'client_id',
  order: ['is_global', 'sequence'],
  idOf: ({ clientId }) => clientId,
  toRow: ({ clientId, clientSecret, isGlobal, properties, formerSecret, createdAtMs, updatedAtMs }, seal) => ({
    client_id: clientId,
    is_global: isGlobal,
    is_first_party: properties.is_first_party,
    app_type: properties.app_type ?? null,
    name: properties.name,
    sealed_client_secret: seal.close(clientSecret, secretPlace(clientId)),
    secret_digest: seal.closeDigest(secretDigest(clientSecret)),
    sealed_former_secret: formerSecret === undefined ? null : seal.close(formerSecret.secret, formerSecretPlace(clientId)),
    former_secret_digest: formerSecret === undefined ? null : seal.closeDigest(secretDigest(formerSecret.secret)),
    former_secret_until: formerSecret?.validUntilMs ?? null,
    issuing: JSON.stringify(issuingProperties(properties)),
    properties: JSON.stringify(properties),
    created_at: createdAtMs,
    updated_at: updatedAtMs,
  }),
  toRecord: (row, seal) => ({
    clientId: row.client_id,
    clientSecret: seal.open(row.sealed_client_secret, secretPlace(row.client_id)),
    isGlobal: isSet(row.is_global),
    properties: JSON.parse(row.properties) as ApplicationProperties,
    ...(row.sealed_former_secret !== null && {
      formerSecret: {
        secret: seal.open(row.sealed_former_secret, formerSecretPlace(row.client_id)),
        validUntilMs: row.former_secret_until ?? 0,
      },
    }),
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
  }),
};

/** The columns that issuing a token reads. */
export const issuingColumns: readonly (keyof Tables['applications'])[] = [
  'client_id',
  'name',
  'is_global',
  'secret_digest',
  'former_secret_digest',
  'former_secret_until',
  'issuing',
];

/** Values of {@link issuingColumns}. */
export type IssuingRow = [string, string, boolean | number, string, string | null, number | null, string];

/** A function that turns rows into what issuing needs of applications, a portion at a time. It unseals no secret; equal properties become one object. */
export function issuingApplications(seal: Seal): (rows: readonly IssuingRow[]) => IssuingApplication[] {
  const propertiesOf = memoizedJson<IssuingProperties>();
  return (rows) => {
    const former = rows.filter((row) => row[4] !== null);
    const formerDigests = seal.openDigests(former.map((row) => row[4] ?? ''));
    const formerSecrets = new Map(
      former.map(([clientId, , , , , until], at) => [
        clientId,
        { digest: formerDigests[at] ?? new Uint8Array(), validUntilMs: until ?? 0 },
      ]),
    );
    const digests = seal.openDigests(rows.map((row) => row[3]));
    return rows.map(([clientId, name, isGlobal, , , , issuing], at) => ({
      clientId,
      name,
      isGlobal: isSet(isGlobal),
      secretDigest: digests[at] ?? new Uint8Array(),
      formerSecret: formerSecrets.get(clientId),
      properties: propertiesOf(issuing),
    }));
  };
}

/** The condition of SQL that selects the rows which match `filter`. */
export function isWantedApplication(
  eb: ExpressionBuilder<Tables, 'applications'>,
  { isGlobal, isFirstParty, appTypes, organizationId, allowAnyOrganization }: ApplicationFilter,
): ExpressionWrapper<Tables, 'applications', SqlBool> {
  const grants = eb.selectFrom('client_grants').select('client_grants.client_id');
  const open = grants.where('allow_any_organization', '=', true).where('client_grants.client_id', 'is not', null);
  return eb.and([
    ...(isGlobal === undefined ? [] : [eb('is_global', '=', isGlobal)]),
    ...(isFirstParty === undefined ? [] : [eb('is_first_party', '=', isFirstParty)]),
    ...(appTypes === undefined ? [] : [among(eb, 'app_type', appTypes)]),
    ...(organizationId === undefined
      ? []
      : [
          eb(
            'client_id',
            'in',
            grants
              .innerJoin('organization_grants', 'organization_grants.client_grant_id', 'client_grants.id')
              .where('organization_grants.organization_id', '=', organizationId),
          ),
        ]),
    ...(allowAnyOrganization === undefined ? [] : [eb('client_id', allowAnyOrganization ? 'in' : 'not in', open)]),
  ]);
}
