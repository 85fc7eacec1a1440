import { isoTimeOf } from '@evertoken/service';
import { tenantNameOf } from '../model/domain.ts';
import type { LogEntry } from '../model/log-entry.ts';

/** As long as other texts that come from a request: an entry is of whatever called itself a client. */
export const longestClientId = 512;

/** An entry of the log as it is shown. What it has in it depends on its type. */
export interface ShownLogEntry {
  readonly date?: string | undefined;
  readonly type?: string | undefined;
  readonly log_id?: string | undefined;
  readonly [property: string]: unknown;
}

/**
 * `entry` as the Management API of the tenant at `domain` shows it. Unknown fields are left out, except those that every recorded sample of the service has:
 * they are empty texts.
 */
export function shownLogEntry({ id, atMs, type, clientId, event }: LogEntry, domain: string): ShownLogEntry {
  return {
    date: isoTimeOf(atMs),
    type,
    description: undefined,
    connection_id: '',
    client_id: clientId?.slice(0, longestClientId) ?? '',
    client_name: '',
    ip: '',
    client_ip: event['ip'],
    user_agent: '',
    hostname: domain,
    user_id: '',
    user_name: '',
    audience: '',
    $event_schema: { version: '1.0.0' },
    environment_name: 'evertoken',
    tenant_name: tenantNameOf(domain),
    log_id: id,
    _id: id,
    isMobile: false,
    ...event,
  };
}
