import { issueTokens, json } from '@evertoken/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type RunningAgent, startRunningAgent } from './a-running-agent.ts';

let running: RunningAgent;
beforeEach(async () => {
  running = await startRunningAgent({
    before: (issuer) => {
      const issue = issueTokens(600);
      issuer.answer((asked, response) => {
        const { path, form } = asked;
        if (path.includes('/.well-known/')) {
          const { origin } = new URL(issuer.url);
          return json(response, 200, { issuer: `${origin}/realm`, token_endpoint: `${origin}/realm/token` });
        }
        if (form.get('client_secret') !== 'right') return json(response, 401, { error: 'invalid_client' });
        if (form.get('audience') === 'urn:none') return json(response, 403, { error: 'access_denied' });
        return issue(asked, response);
      });
    },
    yaml: (issuer) => `pass_through: ["${new URL(issuer).origin}/realm"]\n`,
  });
});
afterEach(() => running.close());

function ask(client_id: string, client_secret: string, audience = 'urn:jobs'): Promise<Answer> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret, audience }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return running.call('/oauth/token', { method: 'POST', headers, body });
}

describe('an agent that has neither a token nor an app of its own', () => {
  it('is ready, and gives the clients that it passes through what their issuer gives them', async () => {
    const answer = await ask('worker', 'right');
    expect([answer.status, answer.json()]).toMatchObject([200, { token_type: 'Bearer' }]);
    expect((await running.call('/readyz')).status).toBe(200);
  });

  it('names them in its audit, whole once the issuer has vouched for them, else the half alone, as it may be a secret; and tells why one got nothing', async () => {
    const long = 'worker-of-a-name-that-is-quite-long-for-one';
    await ask(long, 'wrong');
    await ask(long, 'right');
    await ask('worker', 'right', 'urn:none');
    // What a terminal would obey.
    await ask('\u009b2J\u202e\nabcd', 'wrong');
    const audited = running.log.filter(({ event }) => event === 'token.read');
    expect(audited.map(({ app, client_id, status, error }) => [app, client_id, status, error])).toEqual([
      ['(passed through)', 'worker-of-a-name', 401, 'invalid_client'],
      ['(passed through)', long, 200, undefined],
      ['(passed through)', 'wor', 403, 'access_denied'],
      ['(passed through)', '?2J??', 401, 'invalid_client'],
    ]);
    expect(JSON.stringify(audited)).not.toMatch(/wrong|right/);
  });
});
