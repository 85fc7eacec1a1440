import { describe, expect, it } from 'vitest';
import { leakFindings } from './leaks.mjs';
import { temporaryClone } from './temporary-clone.mjs';

const findingsIn = (content, { path = 'a.md', host } = {}) => leakFindings(temporaryClone({ [path]: content }), [path], host);

describe('the leak check', () => {
  it.each([
    ['a path of one machine', 'of a user', 'see /home/ada/notes.txt'],
    ['a path of one machine', 'of root', 'log in "/root/evertoken.log"'],
    ['a private key', 'of any kind', '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789'],
    ['a signed token', 'a JWS', `eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2EuZXhhbXBsZSJ9.${'s'.repeat(43)}`],
    ['an app key', 'of ours', `evk_${'a1B2c3D4e5'.repeat(5).slice(0, 49)}`],
    ['a credential of a well-known service', 'a code host', `ghp_${'x'.repeat(36)}`],
  ])('finds %s (%s), with its line', (what, _case, leak) => {
    expect(findingsIn(`first line\n${leak}\n`)).toEqual([`a.md:2: ${what}`]);
  });

  it('finds the host of this machine’s package registry', () => {
    expect(findingsIn('from registry.corp.example:8081', { host: 'registry.corp.example' })).toEqual([
      'a.md:1: the host of a package registry',
    ]);
  });

  it('finds a lock file that names a registry', () => {
    const lock = '{ "resolved": "https://registry.example/axios.tgz" }';
    expect(findingsIn(lock, { path: 'package-lock.json' })).toEqual(['package-lock.json: names the registry it was made with']);
  });

  it.each([
    'run it in ~/home/evertoken',
    'https://example.com/home/page',
    'unix:/run/evertoken/agent.sock',
    'packages/root/src',
    'evk_ + 49 characters',
    "begins with '-----BEGIN PRIVATE KEY-----'",
  ])('lets "%s" pass', (harmless) => {
    expect(findingsIn(harmless)).toEqual([]);
  });
});
