import { readFileSync } from 'node:fs';

/** Who is measured: the name in the tables, the folder of the package from here, the adapter in subjects/. */
const list = [
  { name: '@evertoken/client', folder: '../node_modules/@evertoken/client', adapter: 'evertoken', specifier: '@evertoken/client' },
  { name: 'auth0 7', folder: '../node_modules/auth0', adapter: 'auth0', specifier: 'auth0' },
  { name: 'auth0 4', folder: '../node_modules/auth0-4', adapter: 'auth0-4', specifier: 'auth0-4' },
  { name: '@azure/msal-node', folder: '../node_modules/@azure/msal-node', adapter: 'msal-node', specifier: '@azure/msal-node' },
  {
    name: 'google-auth-library',
    folder: '../node_modules/google-auth-library',
    adapter: 'google-auth-library',
    specifier: 'google-auth-library',
  },
  {
    name: '@badgateway/oauth2-client',
    folder: '../node_modules/@badgateway/oauth2-client',
    adapter: 'badgateway-oauth2-client',
    specifier: '@badgateway/oauth2-client',
  },
  { name: 'simple-oauth2', folder: '../node_modules/simple-oauth2', adapter: 'simple-oauth2', specifier: 'simple-oauth2' },
  { name: 'openid-client', folder: '../node_modules/openid-client', adapter: 'openid-client', specifier: 'openid-client' },
];

/** The subjects with the versions that are installed; ours first. */
export const subjects = list.map(({ folder, ...subject }) => {
  const { version } = JSON.parse(readFileSync(new URL(`${folder}/package.json`, import.meta.url), 'utf8'));
  return { ...subject, version };
});

/** The adapter of a subject: `make(issuer)` gives `read()`, the library's own call as it stands, and `tokenOf(result)`. */
export async function loadAdapter(adapter) {
  const { default: subject } = await import(`./subjects/${adapter}.mjs`);
  return subject;
}
