// Tests of somebody's client, with the runner of Node: node installed-tests.mjs
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startTestTenant } from '@evertoken/tenant/testing';

const tenant = await startTestTenant({
  applications: [{ name: 'worker', grants: { 'https://api.example/': ['read:things'] } }],
  tls: false,
});
after(() => tenant.close());

async function askForToken() {
  const { clientId: client_id, clientSecret: client_secret } = tenant.credentials('worker');
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret, audience: 'https://api.example/' });
  const answer = await fetch(`${tenant.url}/oauth/token`, { method: 'POST', body });
  return { status: answer.status, ...(await answer.json()) };
}

void test('the client gets a token', async () => {
  assert.equal((await askForToken()).scope, 'read:things');
});

void test('the client is shown a failure, and recovers', async () => {
  tenant.failNext(1);
  assert.equal((await askForToken()).status, 503);
  assert.equal((await askForToken()).status, 200);
  assert.deepEqual(
    tenant.tokenRequests.map(({ status }) => status),
    [200, 503, 200],
  );
});
