// A test of somebody's API, with vitest and its globals.
import { startTestTenant } from '@evertoken/tenant/testing';

const tenant = await startTestTenant({ applications: [{ name: 'worker', grants: { 'https://api.example/': ['read:things'] } }] });
afterAll(() => tenant.close());

it('has a token to verify', async () => {
  const token = await tenant.token({ application: 'worker', audience: 'https://api.example/' });
  expect(JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))).toMatchObject({ iss: tenant.issuer, scope: 'read:things' });
});
