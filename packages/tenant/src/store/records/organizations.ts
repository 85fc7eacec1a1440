import type { ExpressionBuilder, ExpressionWrapper, SqlBool } from 'kysely';
import type { OrganizationGrant, OrganizationProperties } from '../../model/organization.ts';
import type { Tables } from '../tables.ts';
import type { OrganizationFilter } from '../tenant-store.ts';
import type { RecordTable } from './record-table.ts';

/** Turns organizations into rows of their table and back. */
export const organizationTable: RecordTable<'organizations', 'organizations'> = {
  kind: 'organizations',
  table: 'organizations',
  key: 'id',
  unique: 'name',
  order: ['sequence'],
  idOf: ({ id }) => id,
  toRow: ({ id, name, properties }) => ({ id, name, properties: JSON.stringify(properties) }),
  toRecord: ({ id, name, properties }) => ({ id, name, properties: JSON.parse(properties) as OrganizationProperties }),
};

/** Turns associations of an organization with a grant into rows of their table and back. */
export const organizationGrantTable: RecordTable<'organizationGrants', 'organization_grants'> = {
  kind: 'organizationGrants',
  table: 'organization_grants',
  key: 'id',
  order: ['sequence'],
  idOf: ({ organizationId, clientGrantId }) => `${organizationId} ${clientGrantId}`,
  toRow: (grant) => ({
    id: organizationGrantTable.idOf(grant),
    organization_id: grant.organizationId,
    client_grant_id: grant.clientGrantId,
  }),
  toRecord: (row) => ({ organizationId: row.organization_id, clientGrantId: row.client_grant_id }),
};

/** The association that `id` names. */
export function organizationGrantNamed(id: string): OrganizationGrant {
  const [organizationId = '', clientGrantId = ''] = id.split(' ');
  return { organizationId, clientGrantId };
}

/** The condition of SQL that selects the rows which match `filter`. */
export function isWantedOrganization(
  eb: ExpressionBuilder<Tables, 'organizations'>,
  { clientGrantId }: OrganizationFilter,
): ExpressionWrapper<Tables, 'organizations', SqlBool> {
  return eb.and(
    clientGrantId === undefined
      ? []
      : [eb('id', 'in', eb.selectFrom('organization_grants').select('organization_id').where('client_grant_id', '=', clientGrantId))],
  );
}
