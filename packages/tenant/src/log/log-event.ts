import type { JournalEntry } from './journal-entry.ts';

/** Texts that come from a request are cut to so many characters. */
const longestText = 512;

/** What is kept of `entry` beside its id, its time, its type and its client: JSON. `shownLogEntry` makes the whole of it. */
export function logEventOf({
  description,
  clientName,
  audience,
  scope,
  organizationId,
  organizationName,
  ip,
  userAgent,
  auth0Client,
  details,
}: JournalEntry): string {
  // JSON leaves out a key whose value is undefined.
  return JSON.stringify({
    description: cut(description),
    client_name: cut(clientName),
    ip,
    user_agent: cut(userAgent),
    audience: cut(audience),
    scope,
    organization_id: cut(organizationId),
    organization_name: cut(organizationName),
    details,
    auth0_client: telemetryOf(auth0Client),
  });
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

function cut(text: string | undefined): string | undefined {
  return text?.slice(0, longestText);
}
