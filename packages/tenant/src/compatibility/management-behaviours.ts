import type { Behaviour } from './behaviour.ts';

/** Behaviours of the Management API that are of no single operation, or of which nothing public tells. */
export const managementBehaviours: readonly Behaviour[] = [
  {
    about: 'Endpoints of the service that are not there',
    standing: 'differs',
    text: "404 in the service's shape, with a message that says so.",
  },
  { about: '`/api/v2/openapi.json`', standing: 'differs', text: 'OpenAPI 3.1 of what this tenant serves; needs no token.' },
  {
    about: 'Validation messages',
    standing: 'chosen',
    text: 'The recorded sentences where there are recordings, others in their manner. What a caller sent is quoted up to 200 characters, and no message has more than 1 000. The first error alone is told.',
  },
  {
    about: 'Bodies that cannot be read',
    standing: 'chosen',
    text: 'No JSON, no UTF-8, U+0000, or nested more than 64 levels deep: 400 `invalid_body`. More than 1 MB: 413. Another content type, or another charset than UTF-8: 415.',
  },
  {
    about: 'Forms',
    standing: 'chosen',
    text: '`a[b]=1` is a property of a property; `a[0]=x`, `a[]=x` or a repeated `a=x` an array. Values are read as the types that the API expects.',
  },
  {
    about: 'Fields that may not be read',
    standing: 'chosen',
    text: 'Named in `fields`: 403 `insufficient_scope`, in the words of the specification. Otherwise left out silently.',
  },
  {
    about: 'Order of lists',
    standing: 'chosen',
    text: 'Creation, the global client last. Logs: newest first, unless `sort` or a checkpoint says otherwise.',
  },
  {
    about: 'Logs by number while entries are written',
    standing: 'chosen',
    text: 'Each page is counted from the newest entry at that moment, so that entries which came meanwhile push others onto the next page, once more. By checkpoint each comes once, on PostgreSQL 10 s after it was stored, when no other node adds to what is before it; and every parameter but `from` and `take` is ignored, as the service documents it.',
  },
  {
    about: 'Search of the logs by `q`',
    standing: 'chosen',
    text: 'The part of Lucene’s language that the service describes: fields, phrases, `*`, ranges, AND, OR, NOT and parentheses. Upper and lower case differ, also beside `*`. A date without a time is that whole day, month or year, and as a bound its first millisecond. Terms beside each other without an operator, unknown fields, `?`, `~` and `^` are refused with 400, which names them.',
  },
  {
    about: 'Calls by pages of other origins (CORS)',
    standing: 'not there',
    text: 'No answer allows an origin, and `OPTIONS` is 404, 405 at the token endpoint. The header that exposes those of the rate limits is there, as recorded.',
  },
  {
    about: 'Ids in paths and bodies',
    standing: 'chosen',
    text: 'Not judged by their format: one that nothing has is not found. An empty one in a path is a path that there is not: 404.',
  },
  {
    about: '`from` that was not given out, or more than 24 hours ago',
    standing: 'chosen',
    text: '400 `invalid_paging`, with a text of our own.',
  },
  {
    about: 'Limits of a plan on how many records there may be',
    standing: 'differs',
    text: 'None, but 100 client grants of one organization, 2 credentials of one client and 1 000 scopes of one API.',
  },
  {
    about: 'A store that is away or full',
    standing: 'chosen',
    text: 'Writes are 503 with `Retry-After`; tokens go on. `errorId` is the `error_id` of the line of the log that tells why.',
  },
  {
    about: '`signing_keys` of a client',
    standing: 'differs',
    text: 'Never a private key: the service shows one in the answer to `POST /clients`.',
  },
  {
    about: '`client_secret` in answers to `POST`, `PATCH` and `rotate-secret`',
    standing: 'chosen',
    text: 'Shown to whoever may write, also without `read:client_keys`.',
  },
  { about: '`created_at`, `updated_at` of a client', standing: 'chosen', text: 'Not shown.' },
  {
    about: 'Secrets after a rotation',
    standing: 'chosen',
    text: 'The present one and, for 30 s or as `--secret-grace` says, the one before it. No more than these two: another rotation ends the time of the first at once, so that two of them end a secret that leaked.',
  },
  { about: '`PATCH` of `jwt_configuration`', standing: 'chosen', text: 'Merged key by key, as `client_metadata` is.' },
  {
    about: '`client_authentication_methods` beside `token_endpoint_auth_method`, or with HS256',
    standing: 'chosen',
    text: '400 `invalid_body` with a text of our own; no `jwt_configuration.alg` at all is taken.',
  },
  {
    about: 'Deleting the last credential of a client',
    standing: 'chosen',
    text: 'The client keeps `private_key_jwt`, with no key: it must not fall back to a secret.',
  },
  { about: 'Private keys sent as credentials', standing: 'chosen', text: '400 `invalid_body`, nothing of it is kept.' },
  {
    about: 'A key or key id that the client has already',
    standing: 'chosen',
    text: '409; the texts are our own. No such credential: 404 `inexistent_credential`.',
  },
  { about: 'Grants with scopes that the API does not have', standing: 'chosen', text: 'Taken as they are, as recordings of 2021 show.' },
  { about: '`scope` of a grant with `allow_all_scopes`', standing: 'chosen', text: 'Shown as it was given.' },
  {
    about: 'A grant that there is already',
    standing: 'same',
    text: '409 `client_grant already exists`, without `errorCode`; so are the other 409.',
  },
  {
    about: 'Deleting a client or an API',
    standing: 'chosen',
    text: 'Removes its grants and credentials with it. Tokens that were issued live on until they expire.',
  },
  { about: '`signing_secret`', standing: 'chosen', text: 'Made, 64 characters, where HS256 is chosen without one.' },
  {
    about: '`token_lifetime_for_web`',
    standing: 'chosen',
    text: 'The default gives way to a shorter `token_lifetime`; given longer than it: 400 `invalid_body`.',
  },
  { about: 'Metadata of an organization', standing: 'chosen', text: 'Replaced as a whole by `PATCH`.' },
  { about: 'An organization whose name is taken', standing: 'chosen', text: '409, `An organization with this name already exists.`' },
  {
    about: '`flags` of the tenant settings',
    standing: 'chosen',
    text: 'Merged flag by flag; the other settings are replaced, null removes one.',
  },
  { about: 'Revoking a key that is not a previous one', standing: 'chosen', text: '400 `operation_not_supported`.' },
  {
    about: '`log_id`',
    standing: 'chosen',
    text: '40 digits: 900, UTC to the millisecond when it was stored, the node, a count. They sort by time.',
  },
  {
    about: 'Kept logs',
    standing: 'differs',
    text: '30 days, the newest 100 000 entries. `environment_name` is `evertoken`; `connection_id` and `user_id` are empty, as in samples.',
  },
  {
    about: 'Types of log entries',
    standing: 'differs',
    text: '`seccft`, `feccft`, `sapi`, `fapi`, `mgmt_api_read`, `api_limit`, `api_limit_warning`, `token_quota_consumption_warning`.',
  },
  { about: '`auth0_client` in log entries', standing: 'same', text: 'The header `Auth0-Client` decoded: `name`, `version`, `env`.' },
  {
    about: 'Tokens of the tenant’s customer keys (`custom-signing`)',
    standing: 'not there',
    text: 'The Management API takes tokens that this tenant signed, with RS256.',
  },
];

/** Behaviours of import and export in the YAML of auth0-deploy-cli. */
export const transferBehaviours: readonly Behaviour[] = [
  {
    about: '`client_id` in a document',
    standing: 'differs',
    text: 'An import keeps it, so that programs go on as they are; the API chooses ids itself, as the service does.',
  },
  {
    about: 'Several clients of one name',
    standing: 'differs',
    text: 'A name in a grant means the client of the document. Where the document has several of the name, only ids tell them apart: export with `--identifiers`.',
  },
  {
    about: 'The Management API of another tenant',
    standing: 'differs',
    text: 'Its audience means our own: `https://ANOTHER-TENANT.auth0.com/api/v2/`; and `https://ANY-HOST/api/v2/` where the document has an API of this identifier that is named `Auth0 Management API` or marked `is_system`, or a grant on it that is marked so. An export writes such a grant, which allows nothing and which auth0-deploy-cli leaves out. Grants on any other audience without an API are left out, and told.',
  },
  { about: 'Kinds of records that are not there', standing: 'differs', text: 'Told and left out, never an error.' },
  { about: 'The global client, APIs of the system', standing: 'same', text: 'Left alone: every tenant has its own.' },
];
