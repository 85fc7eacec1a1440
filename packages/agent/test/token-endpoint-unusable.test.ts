import { refuseWith } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { startRunningAgent } from './a-running-agent.ts';

describe('POST /oauth/token with no usable token', () => {
  it('answers 503 with Retry-After, the cause and what mends it', async () => {
    const cold = await startRunningAgent({
      isReady: false,
      before: (issuer) => issuer.answer(refuseWith(403, 'access_denied', 'Service not enabled within domain: urn:orders')),
    });
    try {
      const parameters = {
        grant_type: 'client_credentials',
        client_id: 'report',
        client_secret: cold.keys['report'] ?? '',
        audience: 'urn:orders',
      };
      const answer = await cold.call('/oauth/token', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(parameters).toString(),
      });
      expect(answer.status).toBe(503);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(answer.json()).toMatchObject({ error: 'temporarily_unavailable', cause: 'access_denied' });
      expect(answer.json()['error_description']).toMatch(
        /knows no API with this audience.*tokens\.orders\.audience in evertoken\.yaml, line 4/,
      );
      expect(cold.log).toContainEqual(expect.objectContaining({ event: 'request.failed', error_id: answer.json()['error_id'] }));
    } finally {
      await cold.close();
    }
  });

  it('does not tell a program where the secret is kept; the log does', async () => {
    const cold = await startRunningAgent({
      isReady: false,
      yaml: (issuer, hashOf) => `
tokens:
  orders: { token_endpoint: "${issuer}", client_id: m2m, client_secret: { command: [sh, -c, "exit 3"] }, audience: "urn:orders" }
apps: { report: { key_sha256: ${hashOf('report')}, tokens: [orders] } }
`,
    });
    try {
      const answer = await cold.callAs('report', '/v1/tokens/orders');
      expect([answer.status, answer.json()['cause']]).toEqual([503, 'secret_unavailable']);
      const [status, health] = [await cold.callAs('report', '/v1/status'), await cold.call('/readyz')];
      for (const { text } of [answer, status, health]) {
        expect(text).toContain('No secret for the issuer is at hand.');
        expect(text).not.toMatch(/exit code|`sh`/);
      }
      expect(JSON.stringify(cold.log)).toMatch(/`sh` ended with exit code 3/);
    } finally {
      await cold.close();
    }
  });
});
