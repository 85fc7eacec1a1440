import type { NewLogEntry } from '../model/log-entry.ts';
import { storedText } from './stored-text.ts';

/**
 * An entry as a JSON array `[id, at, type, client_id, event]`, with texts as they stand in the database: both take a batch as one JSON text apart in a fraction of
 * the time that they take thousands of bound values in. The event is in it as JSON, or as a text that holds it.
 */
export function logRow({ id, atMs, type, clientId, event }: NewLogEntry, eventAs: 'json' | 'text'): string {
  const stored = storedText(event);
  const last = eventAs === 'json' ? stored : JSON.stringify(stored);
  return `[${textIn(id)},${atMs},${textIn(type)},${clientId === undefined ? 'null' : textIn(clientId)},${last}]`;
}

/** Half of a pair of surrogates, which a client may send in its id, becomes U+FFFD as in every UTF-8 text: no database takes it out of JSON. */
function textIn(text: string): string {
  return JSON.stringify(storedText(Buffer.from(text).toString()));
}
