/** Names of fields whose value is never logged, in whatever object at most three levels deep they stand. */
const secretFields: readonly string[] = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'password',
  'secret',
  'client_secret',
  'clientSecret',
  'client_assertion',
  'access_token',
  'accessToken',
  'refresh_token',
  'id_token',
  'token_value',
  'app_key',
  'appKey',
  'private_key',
  'privateKey',
];

/** What stands in the log where something secret was. */
export const censored: string = '[redacted]';

/** The paths of the secret fields, as pino's `redact` takes them. */
export const secretPaths: string[] = secretFields.flatMap((field) => {
  const step = /^\w+$/.test(field) ? `.${field}` : `["${field}"]`;
  return [step.replace(/^\./, ''), `*${step}`, `*.*${step}`, `*.*.*${step}`];
});

// A JWT or JWE, an app key, a credential after its scheme. Each ends before a quote or backslash, so that a JSON line stays one.
const secretShapes = /eyJ[\w-]{8,}(?:\.[\w-]*){2,4}|evk_[0-9A-Za-z]{16,}|\b(Bearer|Basic) +[\w.~+/-]{8,}=*/g;

/** `text` with everything that looks like a token or a key replaced: the last safety net, for secrets inside messages. */
export function withoutSecrets(text: string): string {
  return text.replace(secretShapes, (_match, scheme?: string) => (scheme === undefined ? censored : `${scheme} ${censored}`));
}
