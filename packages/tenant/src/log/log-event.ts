import { isoTimeOf } from '@evertoken/service';
import type { NewLogEntry } from '../model/log-entry.ts';
import type { JournalEntry } from './journal-entry.ts';

/** Texts that come from a request are cut to so many characters. */
const longestText = 512;

/** `entry` as the Management API shows it. Unknown fields are left out, except those that every recorded sample has: they are empty texts. */
export function newLogEntry(
  entry: JournalEntry,
  { id, atMs, domain, tenant }: { id: string; atMs: number; domain: string; tenant: string },
): NewLogEntry {
  const { type, description, clientId, clientName, audience, scope, organizationId, organizationName, ip, userAgent, details } = entry;
  // JSON leaves out a key whose value is undefined.
  const event = JSON.stringify({
    date: isoTimeOf(atMs),
    type,
    description: cut(description),
    connection_id: '',
    client_id: cut(clientId) ?? '',
    client_name: cut(clientName) ?? '',
    ip: ip ?? '',
    client_ip: ip,
    user_agent: cut(userAgent) ?? '',
    hostname: domain,
    user_id: '',
    user_name: '',
    audience: cut(audience) ?? '',
    scope,
    organization_id: cut(organizationId),
    organization_name: cut(organizationName),
    details,
    auth0_client: telemetryOf(entry.auth0Client),
    $event_schema: { version: '1.0.0' },
    environment_name: 'evertoken',
    tenant_name: tenant,
    log_id: id,
    _id: id,
    isMobile: false,
  });
  return { id, atMs, type, clientId, event };
}

// The service shows the telemetry of its SDKs decoded: `{ name, version, env }`.
function telemetryOf(header: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (header === undefined || header.length > longestText) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const { name, version, env } = value as Readonly<Record<string, unknown>>;
    return { name, version, env };
  } catch {
    return undefined;
  }
}

function cut(text: string): string;
function cut(text: string | undefined): string | undefined;
function cut(text: string | undefined): string | undefined {
  return text?.slice(0, longestText);
}
