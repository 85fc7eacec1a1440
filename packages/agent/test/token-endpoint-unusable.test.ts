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
});
