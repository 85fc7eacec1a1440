const secretNames = new Set(['client_secret', 'signing_secret']);
/** What is blotted out of logs: secrets, and what is long and tells nobody anything. */
const blottedNames = new Set([...secretNames, 'pem', 'signing_keys', 'signing_key', 'encryption_key']);
const longestLogged = 16 * 1024;

/** Names of the secrets that the body of an answer holds, at any depth. */
export function secretsIn(body: unknown): string[] {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      if (secretNames.has(name) && typeof inner === 'string') found.add(name);
      look(inner);
    }
  };
  look(body);
  return [...found];
}

/** `body` as the log of the tenant may hold it: without secrets, and not without end. */
export function withoutSecrets(body: unknown): unknown {
  const text = JSON.stringify(body, (name, value: unknown) => (blottedNames.has(name) ? '[REDACTED]' : value)) as string | undefined;
  if (text === undefined) return undefined;
  return text.length > longestLogged ? '[TOO LONG]' : (JSON.parse(text) as unknown);
}
