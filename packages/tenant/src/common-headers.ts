/** The headers that every answer has. */
export function commonHeaders(requestId: string): Readonly<Record<string, string>> {
  return {
    'Strict-Transport-Security': 'max-age=31536000',
    'X-Content-Type-Options': 'nosniff',
    'X-Auth0-RequestId': requestId,
  };
}
