import { describe, expect, it } from 'vitest';
import { problemOfDomain, problemOfTarget } from './issuer-address.ts';

describe('the address of an issuer', () => {
  it.each([
    'https://tenant:s3cret@acme.auth0.com',
    'tenant:s3cret@acme.auth0.com',
    'tenant:s3/cret@acme.auth0.com',
    's3cret@acme.auth0.com/',
  ])('has no password, and none is quoted: %s', (domain) => {
    expect(problemOfDomain(domain)).not.toMatch(/s3|cret/);
  });

  it.each(['https://tenant:s3cret@acme.example/token', 'https://tenant:s3cret@acme.example:99999/token'])(
    'as a URL has none either: %s',
    (url) => {
      expect(problemOfTarget(url)).toMatch(/\S/);
      expect(problemOfTarget(url)).not.toContain('s3cret');
    },
  );

  it.each(['acme.auth0.com', 'localhost:8443', '[::1]:8443'])('is a host with or without a port: %s', (domain) => {
    expect(problemOfDomain(domain)).toBeUndefined();
  });
});
