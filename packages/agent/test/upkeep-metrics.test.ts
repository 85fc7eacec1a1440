import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { freshFolder, ManualClock } from '@evertoken/testkit';
import { expect, it } from 'vitest';
import { startReloadableAgent, twoTokens } from './a-reloadable-agent.ts';

it('metrics tell of configs that were refused, token files that are not current, and audit lines that are not written', async () => {
  const home = await freshFolder();
  const files = join(home, 'files');
  await mkdir(files, { mode: 0o700 });
  const clock = new ManualClock();
  const { agent, call, callAs, edit } = await startReloadableAgent({
    clock,
    expiresIn: 3_600,
    yaml: (issuer, hashOf) => `${twoTokens(issuer, hashOf)}
files:
  - { token: orders, path: ${join(files, 'orders.jwt')} }
  - { token: orders, path: ${join(home, 'orders.jwt')} }
  - { token: management, path: ${join(home, 'management.jwt')} }
audit: { file: ${join(home, 'audit.jsonl')} }
`,
  });
  await agent.filesWritten();
  const metrics = async (): Promise<string[]> =>
    (await call('/metrics')).text.split('\n').filter((line) => /^evertoken_(?:config|token_file|audit)/.test(line));
  const startedAt = clock.now() / 1_000;
  expect(await metrics()).toEqual([
    'evertoken_config_reloads_total{outcome="applied"} 0',
    'evertoken_config_reloads_total{outcome="refused"} 0',
    `evertoken_config_last_success_timestamp_seconds ${startedAt}`,
    'evertoken_token_file_is_current{token="orders"} 1',
    'evertoken_token_file_is_current{token="management"} 1',
    'evertoken_audit_lines_held 0',
    'evertoken_audit_lines_lost_total 0',
    'evertoken_audit_failures_total 0',
  ]);

  // One file of a token that cannot be written counts, and another one of it that can be does not make it good.
  await rm(files, { recursive: true });
  await rm(join(home, 'audit.jsonl'));
  await symlink('elsewhere', join(home, 'audit.jsonl'));
  clock.advance(30_000);
  await agent.filesWritten();
  await callAs('report', '/v1/tokens/orders');
  await callAs('report', '/v1/tokens/orders');
  clock.advance(250);
  await expect.poll(metrics).toContain('evertoken_audit_failures_total 1');
  await edit(['[management, orders]', '[orders]']);
  expect((await agent.reload()).isApplied).toBe(true);
  const appliedAt = clock.now() / 1_000;
  clock.advance(1);
  await edit(['client_id', 'clientid']);
  expect((await agent.reload()).isApplied).toBe(false);
  expect(await metrics()).toEqual(
    expect.arrayContaining([
      'evertoken_config_reloads_total{outcome="applied"} 1',
      'evertoken_config_reloads_total{outcome="refused"} 1',
      `evertoken_config_last_success_timestamp_seconds ${appliedAt}`,
      'evertoken_token_file_is_current{token="orders"} 0',
      'evertoken_token_file_is_current{token="management"} 1',
      'evertoken_audit_lines_held 2',
    ]),
  );
});
