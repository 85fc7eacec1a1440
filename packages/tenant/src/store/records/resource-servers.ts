import type { ExpressionBuilder, ExpressionWrapper, SqlBool } from 'kysely';
import type { ResourceServerProperties } from '../../model/resource-server.ts';
import { isSet, type Tables } from '../tables.ts';
import type { ResourceServerFilter } from '../tenant-store.ts';
import { among } from './among.ts';
import type { RecordTable } from './record-table.ts';

const secretPlace = (id: string): string => `signing secret of ${id}`;

/** Turns APIs into rows of their table and back. */
export const resourceServerTable: RecordTable<'resourceServers', 'resource_servers'> = {
  kind: 'resourceServers',
  table: 'resource_servers',
  key: 'id',
  unique: 'identifier',
  order: ['sequence'],
  idOf: ({ id }) => id,
  toRow: ({ id, identifier, isSystem, signingSecret, properties }, seal) => ({
    id,
    identifier: identifier ?? null,
    is_system: isSystem,
    sealed_signing_secret: signingSecret === undefined ? null : seal.close(signingSecret, secretPlace(id)),
    properties: JSON.stringify(properties),
  }),
  toRecord: (row, seal) => ({
    id: row.id,
    identifier: row.identifier ?? undefined,
    isSystem: isSet(row.is_system),
    signingSecret: row.sealed_signing_secret === null ? undefined : seal.open(row.sealed_signing_secret, secretPlace(row.id)),
    properties: JSON.parse(row.properties) as ResourceServerProperties,
  }),
};

/** The condition of SQL that selects the rows which match `filter`. */
export function isWantedResourceServer(
  eb: ExpressionBuilder<Tables, 'resource_servers'>,
  { ids }: ResourceServerFilter,
): ExpressionWrapper<Tables, 'resource_servers', SqlBool> {
  return eb.and(ids === undefined ? [] : [among(eb, 'id', ids)]);
}
