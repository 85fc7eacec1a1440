import { readFileSync } from 'node:fs';

/** Who is measured: the name in the tables, the package in node_modules, the adapter in subjects/. */
const list = [
  { name: '@evertoken/client', specifier: '@evertoken/client', adapter: 'evertoken' },
  { name: 'auth0 7', specifier: 'auth0', adapter: 'auth0' },
  { name: 'auth0 4', specifier: 'auth0-4', adapter: 'auth0-4' },
  { name: '@azure/msal-node', specifier: '@azure/msal-node', adapter: 'msal-node' },
  { name: 'google-auth-library', specifier: 'google-auth-library', adapter: 'google-auth-library' },
  { name: '@badgateway/oauth2-client', specifier: '@badgateway/oauth2-client', adapter: 'badgateway-oauth2-client' },
  { name: 'simple-oauth2', specifier: 'simple-oauth2', adapter: 'simple-oauth2' },
  { name: 'openid-client', specifier: 'openid-client', adapter: 'openid-client' },
];

/** The subjects with the versions that are installed; ours first. */
export const subjects = list.map((subject) => {
  const { version } = JSON.parse(readFileSync(new URL(`../node_modules/${subject.specifier}/package.json`, import.meta.url), 'utf8'));
  return { ...subject, version };
});

/** The adapter of a subject: `make(issuer)` gives `read()`, the library's own call as it stands, and `tokenOf(result)`. */
export async function loadAdapter(adapter) {
  const { default: subject } = await import(`./subjects/${adapter}.mjs`);
  return subject;
}
