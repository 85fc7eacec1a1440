import { STATUS_CODES } from 'node:http';
import type { Refusal } from './refusal.ts';

/** A refusal as problem details (RFC 9457) or as an OAuth error (RFC 6749 §5.2). */
export function bodyOf(refusal: Refusal, form: 'problem' | 'oauth'): { type: string; body: string } {
  const { status, code, message: detail, members } = refusal;
  if (form === 'oauth') return { type: 'application/json', body: JSON.stringify({ error: code, error_description: detail, ...members }) };
  const problem = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, code, detail, ...members };
  return { type: 'application/problem+json', body: JSON.stringify(problem) };
}
