import type { InitAnswers } from './init-answers.ts';

/** A commented `evertoken.yaml` for these answers. Holds no secret and no key. */
export function configText(
  answers: InitAnswers & {
    readonly secret: { readonly kind: 'file'; readonly path: string } | { readonly kind: 'env'; readonly name: string };
  },
  keySha256: string,
): string {
  const { domain, issuer, clientId, secret, audience, scope, token, app } = answers;
  // Every JSON string is a YAML string, too.
  const text = (value: string): string =>
    /^[a-zA-Z][\w./:-]*$/.test(value) && !/^(?:true|false|null|yes|no|on|off)$/i.test(value) ? value : JSON.stringify(value);
  const reference = secret.kind === 'file' ? `{ file: ${text(secret.path)} }` : `{ env: ${text(secret.name)} }`;
  const optional = (key: string, value: string | undefined, note: string, example: string): string =>
    value === undefined ? `    # ${`${key}: ${example}`.padEnd(58)} # ${note}` : `    ${key}: ${text(value)}`;
  return `# What the agent of Evertoken keeps, and for whom. \`evertoken check\` tells whether all of it works; \`evertoken start\` runs it.

tokens:
  ${token}:
    ${domain === undefined ? `issuer: ${text(issuer ?? '')}                 # its metadata names the token endpoint` : `domain: ${text(domain)}                 # Auth0 shorthand for issuer and audience`}
    client_id: ${text(clientId)}
    # Never the secret itself: this file may be read by others. Also { command: [vault, kv, get, -field=secret, kv/auth0] }.
    client_secret: ${reference}
${optional('audience', audience, domain === undefined ? 'identifier of the API' : 'default: the Management API', 'https://api.example.com')}
${optional('scope', scope, 'default: all that are granted', '[read:clients]')}

apps:
  # One entry for each program. \`evertoken key new NAME\` makes a key and prints such lines, to be put here.
  ${app}:
    key_sha256: "${keySha256}"
    tokens: [${token}]               # may have the live token
    # proxy:                                                   # or may only call through the agent, and never sees the token
    #   ${token}: ["GET /api/v2/clients", "GET /api/v2/clients/*"]

# files:                                                       # tokens for programs that read files
#   - { token: ${token}, path: /run/evertoken/${token}.jwt, mode: "0640" }

# listen: [http://127.0.0.1:8400, https://localhost:8401]      # default: these, and agent.sock in the state folder
`;
}
