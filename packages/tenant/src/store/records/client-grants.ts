import type { ExpressionBuilder, ExpressionWrapper, Selectable, SqlBool } from 'kysely';
import type { ClientGrant } from '../../model/client-grant.ts';
import { isSet, type Tables } from '../tables.ts';
import type { ClientGrantFilter } from '../tenant-store.ts';
import { among } from './among.ts';
import { memoizedJson } from './memoized-json.ts';
import type { RecordTable } from './record-table.ts';

type Row = Omit<Selectable<Tables['client_grants']>, 'sequence'>;

/** The columns that make a grant. */
export const clientGrantColumns: readonly (keyof Row)[] = [
  'id',
  'client_id',
  'default_for',
  'resource_server_id',
  'scope',
  'allow_all_scopes',
  'subject_type',
  'organization_usage',
  'allow_any_organization',
  'authorization_details_types',
  'is_system',
];

/** Values of {@link clientGrantColumns}. */
export type ClientGrantRow = [
  string,
  string | null,
  string | null,
  string,
  string,
  boolean | number,
  string,
  string | null,
  boolean | number | null,
  string | null,
  boolean | number,
];

const parsedScope = (text: string): string[] => JSON.parse(text) as string[];

/** Turns client grants into rows of their table and back. */
export const clientGrantTable: RecordTable<'clientGrants', 'client_grants'> = {
  kind: 'clientGrants',
  table: 'client_grants',
  key: 'id',
  unique: 'subject_type',
  order: ['sequence'],
  idOf: ({ id }) => id,
  toRow: (grant) => ({
    id: grant.id,
    client_id: grant.clientId ?? null,
    default_for: grant.defaultFor ?? null,
    resource_server_id: grant.resourceServerId,
    scope: JSON.stringify(grant.scope),
    allow_all_scopes: grant.allowAllScopes,
    subject_type: grant.subjectType,
    organization_usage: grant.organizationUsage ?? null,
    allow_any_organization: grant.allowAnyOrganization ?? null,
    authorization_details_types: grant.authorizationDetailsTypes === undefined ? null : JSON.stringify(grant.authorizationDetailsTypes),
    is_system: grant.isSystem,
  }),
  toRecord: (row) => toGrant(row, parsedScope),
};

/** A function that turns rows into grants, a portion at a time. Equal lists of scopes become one array. */
export function clientGrantsOf(): (rows: readonly ClientGrantRow[]) => ClientGrant[] {
  const scopeOf = memoizedJson<readonly string[]>();
  const grantOf = (row: ClientGrantRow): ClientGrant =>
    toGrant(
      {
        id: row[0],
        client_id: row[1],
        default_for: row[2],
        resource_server_id: row[3],
        scope: row[4],
        allow_all_scopes: row[5],
        subject_type: row[6],
        organization_usage: row[7],
        allow_any_organization: row[8],
        authorization_details_types: row[9],
        is_system: row[10],
      },
      scopeOf,
    );
  return (rows) => rows.map(grantOf);
}

function toGrant(row: Row, scopeOf: (text: string) => readonly string[]): ClientGrant {
  return {
    id: row.id,
    clientId: row.client_id ?? undefined,
    defaultFor: (row.default_for as ClientGrant['defaultFor'] | null) ?? undefined,
    resourceServerId: row.resource_server_id,
    scope: scopeOf(row.scope),
    allowAllScopes: isSet(row.allow_all_scopes),
    subjectType: row.subject_type as ClientGrant['subjectType'],
    organizationUsage: (row.organization_usage as ClientGrant['organizationUsage'] | null) ?? undefined,
    allowAnyOrganization: row.allow_any_organization === null ? undefined : isSet(row.allow_any_organization),
    authorizationDetailsTypes: row.authorization_details_types === null ? undefined : scopeOf(row.authorization_details_types),
    isSystem: isSet(row.is_system),
  };
}

/** The condition of SQL that selects the rows which match `filter`. */
export function isWantedGrant(
  eb: ExpressionBuilder<Tables, 'client_grants'>,
  { ids, clientId, resourceServerId, organizationId, subjectType, allowAnyOrganization, defaultFor }: ClientGrantFilter,
): ExpressionWrapper<Tables, 'client_grants', SqlBool> {
  return eb.and([
    ...(ids === undefined ? [] : [among(eb, 'id', ids)]),
    ...(clientId === undefined ? [] : [eb('client_id', '=', clientId)]),
    ...(resourceServerId === undefined ? [] : [eb('resource_server_id', '=', resourceServerId)]),
    ...(subjectType === undefined ? [] : [eb('subject_type', '=', subjectType)]),
    ...(defaultFor === undefined ? [] : [eb('default_for', '=', defaultFor)]),
    // An unset value counts as no here; elsewhere it is not the same as false.
    ...(allowAnyOrganization === undefined
      ? []
      : [
          allowAnyOrganization
            ? eb('allow_any_organization', '=', true)
            : eb.or([eb('allow_any_organization', '=', false), eb('allow_any_organization', 'is', null)]),
        ]),
    ...(organizationId === undefined
      ? []
      : [eb('id', 'in', eb.selectFrom('organization_grants').select('client_grant_id').where('organization_id', '=', organizationId))]),
  ]);
}
