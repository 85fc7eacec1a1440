import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { freshFolder, json, refuseWith, startTokenEndpoint, type TokenEndpoint } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from './run-command.ts';

const secret = 'issuer-s3cret';

async function aConfig(
  more = '',
  extra: Record<string, string> = {},
): Promise<{ cwd: string; issuer: TokenEndpoint; check: (...args: string[]) => ReturnType<typeof run> }> {
  const issuer = await startTokenEndpoint();
  onTestFinished(() => issuer.close());
  const cwd = await freshFolder();
  await writeFile(
    join(cwd, 'evertoken.yaml'),
    `tokens:
  orders: { token_endpoint: "${issuer.url}", client_id: m2m, client_secret: { env: ORDERS_SECRET }, audience: "urn:orders", scope: [read, write] }
apps:
  local: { key_sha256: "${'0'.repeat(64)}", tokens: [orders] }
${more || 'listen: ["http://127.0.0.1:0"]'}
`,
  );
  return { cwd, issuer, check: (...args) => run(['check', ...args], { cwd, env: { ORDERS_SECRET: secret, ...extra } }) };
}

describe('evertoken check', { timeout: 120_000 }, () => {
  it('shows each value and where it came from, mints once, and says that all is well', async () => {
    const { issuer, check } = await aConfig();
    const { code, terminal } = await check();
    const { out } = terminal.printed;
    expect(code).toBe(0);
    expect(out).toMatch(/tokens\.orders\.client_secret\s+\{"env":"ORDERS_SECRET"\}\s+evertoken\.yaml:2/);
    expect(out).toMatch(
      /✔ store[\s\S]*✔ listen {3}http:\/\/127\.0\.0\.1:0[\s\S]*✔ tokens {3}orders {2}minted [0-9a-f]{16}[\s\S]*✔ clock[\s\S]*All is well/,
    );
    expect(out).not.toMatch(/issuer-s3cret|token-1/);
    expect(issuer.requests).toHaveLength(1);
  });

  it('shows of the schedule only what somebody set', async () => {
    const { check } = await aConfig('policy: { wait_ms: 5000 }\nlisten: ["http://127.0.0.1:0"]');
    const { terminal } = await check('--offline');
    expect(terminal.printed.out).toMatch(/policy\.wait_ms\s+5000\s+evertoken\.yaml:5/);
    expect(terminal.printed.out).not.toContain('policy.mint_floor_ms');
    expect(terminal.printed.out).toMatch(/policy: \d+ numbers at their defaults/);
  });

  it('prints JSON for programs', async () => {
    const { check } = await aConfig();
    const { code, terminal } = await check('--json');
    const told = JSON.parse(terminal.printed.out) as { ok: boolean; findings: { area: string; level: string }[] };
    expect([code, told.ok, terminal.printed.err]).toEqual([0, true, '']);
    expect(told.findings.map(({ area, level }) => `${area} ${level}`)).toEqual([
      'state ok',
      'store ok',
      'listen ok',
      'tokens ok',
      'clock ok',
    ]);
  });

  it('asks no issuer where it is to stay offline', async () => {
    const { issuer, check } = await aConfig();
    const { code, terminal } = await check('--offline');
    expect([code, issuer.requests.length]).toEqual([0, 0]);
    expect(terminal.printed.out).toContain('leave out --offline');
  });

  it('explains what the issuer refuses with the step that mends it, and answers 1', async () => {
    const { issuer, check } = await aConfig();
    issuer.answer(refuseWith(403, 'access_denied', 'Service not enabled within domain: urn:orders'));
    const { code, terminal } = await check();
    expect(code).toBe(1);
    expect(terminal.printed.out).toMatch(
      /✖ tokens {3}orders {2}.*Service not enabled[\s\S]*no API with this audience[\s\S]*to mend: Set tokens\.orders\.audience in evertoken\.yaml, line 2/,
    );
    expect(terminal.printed.out).toContain('1 of 5 would not work');
  });

  it('warns where less is granted than was asked for, and where the clocks differ, and answers 0', async () => {
    const { issuer, check } = await aConfig();
    issuer.answer((_request, response) => {
      const body = { access_token: 'a-token', token_type: 'Bearer', expires_in: 300, scope: 'read' };
      json(response, 200, body, { date: new Date(Date.now() + 3_600_000).toUTCString() });
    });
    const { code, terminal } = await check();
    expect(code).toBe(0);
    expect(terminal.printed.out).toMatch(/! tokens[\s\S]*left out: write[\s\S]*! clock[\s\S]*s ahead of that of this machine/);
  });

  it('finds addresses that are taken, files and folders that cannot be written, and CAs that are none', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
    const { port } = server.address() as AddressInfo;
    const { cwd, check } = await aConfig(`listen: ["http://127.0.0.1:${port}"]
files: [{ token: orders, path: missing/orders.jwt }, { token: orders, path: link.jwt }, { token: orders, path: fine/orders.jwt }]
audit: { file: nowhere/audit.jsonl }
store: { file: { folder: evertoken.yaml } }`);
    await mkdir(join(cwd, 'fine'), { mode: 0o700 });
    await symlink('/etc/hostname', join(cwd, 'link.jwt'));
    const { code, terminal } = await check('--offline');
    const { out } = terminal.printed;
    expect(code).toBe(1);
    expect(out).toContain(`✖ listen   http://127.0.0.1:${port}  is taken`);
    expect(out).toMatch(/✖ files {4}\S+missing\/orders\.jwt {2}The token file has no folder\n.*to mend: Make \S+missing a folder/);
    expect(out).toMatch(/✖ files {4}\S+link\.jwt {2}The token file is a symbolic link/);
    expect(out).toMatch(/✔ files {4}\S+fine\/orders\.jwt {2}can be written/);
    expect(out).toMatch(/✖ audit/);
    expect(out).toMatch(/✖ store/);
  });

  it.each([
    ['a link', (path: string) => symlink('/dev/null', path), 'it is a symbolic link'],
    ['a pipe that nobody reads', (path: string) => void spawnSync('mkfifo', [path]), 'it is no plain file'],
    ['a folder', (path: string) => mkdir(path), 'EISDIR'],
  ])('finds that the audit file is %s, as a start would', async (_what, make, why) => {
    const { cwd, check } = await aConfig('listen: ["http://127.0.0.1:0"]\naudit: { file: audit.jsonl }');
    expect((await check('--offline')).terminal.printed.out).toMatch(/✔ audit[\s\S]*All is well/);
    // Nothing was left that would be an audit.
    expect((await readdir(cwd)).includes('audit.jsonl')).toBe(false);
    await make(join(cwd, 'audit.jsonl'));
    const { code, terminal } = await check('--offline');
    expect([code, terminal.printed.out]).toEqual([1, expect.stringMatching(new RegExp(`✖ audit .*cannot be used: .*${why}`)) as string]);
  });

  it('finds that others could put something in the place of a token file, as a start would', async () => {
    const { cwd, check } = await aConfig('listen: ["http://127.0.0.1:0"]\nfiles: [{ token: orders, path: shared/orders.jwt }]');
    await mkdir(join(cwd, 'shared'));
    await chmod(join(cwd, 'shared'), 0o777);
    const { code, terminal } = await check('--offline');
    expect([code, terminal.printed.out]).toEqual([
      1,
      expect.stringMatching(/✖ files .*is in a folder that others may write in \(mode 0777\)/) as string,
    ]);
    await chmod(join(cwd, 'shared'), 0o755);
    expect((await check('--offline')).code).toBe(0);
  });

  it('reads the CAs that are to be trusted', async () => {
    const cwd = await freshFolder();
    const noCertificate = join(cwd, 'none.pem');
    await writeFile(noCertificate, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    const { check } = await aConfig('', { NODE_EXTRA_CA_CERTS: noCertificate });
    const { code, terminal } = await check('--offline');
    expect(code).toBe(1);
    expect(terminal.printed.out).toMatch(/✖ ca .*NODE_EXTRA_CA_CERTS {2}holds a certificate that cannot be read/);
  });

  it('says that the file of the CAs to be trusted cannot be read', async () => {
    const { check } = await aConfig('', { NODE_EXTRA_CA_CERTS: '/nowhere/at/all.pem' });
    const { code, terminal } = await check('--offline');
    expect(code).toBe(1);
    expect(terminal.printed.out).toMatch(
      /✖ ca .*NODE_EXTRA_CA_CERTS {2}is ignored: the file \/nowhere\/at\/all\.pem cannot be read \(ENOENT\)/,
    );
  });

  it('names a step that fits where there is no config file', async () => {
    const { code, terminal } = await run(['check', '--config', 'none.yaml']);
    expect(code).toBe(2);
    expect(terminal.printed.err).toMatch(/the file does not exist\n[\s\S]*to mend: Put it there .*`evertoken init`.*--config/);
    expect(terminal.printed.err).not.toContain('lines named');
  });

  it('answers 2 for a config that is wrong, with every problem, for people and for programs', async () => {
    const { cwd } = await aConfig('lisen: []');
    const env = { ORDERS_SECRET: secret };
    const people = await run(['check'], { cwd, env });
    expect([people.code, people.terminal.printed.out]).toEqual([2, '']);
    expect(people.terminal.printed.err).toMatch(/line 5.*unknown key `lisen`; did you mean `listen`/);
    const programs = await run(['check', '--json'], { cwd });
    const told = JSON.parse(programs.terminal.printed.out) as { ok: boolean; problems: unknown[] };
    expect([programs.code, told.ok, told.problems.length]).toEqual([2, false, 2]);
  });
});

describe('evertoken key list', { timeout: 120_000 }, () => {
  it('lists apps, the beginnings of the hashes of their keys, when they end and what they may; needs no secret', async () => {
    const cwd = await freshFolder();
    const [one, two] = ['a'.repeat(64), 'b'.repeat(64)];
    await writeFile(
      join(cwd, 'evertoken.yaml'),
      `tokens: { orders: { domain: a.example, client_id: x, client_secret: { env: NOT_SET } } }
apps:
  report: { key_sha256: "${one}", tokens: [orders] }
  dashboard: { keys: [{ sha256: "${two}", not_after: "2020-01-01T00:00:00Z" }], proxy: { orders: ["GET /x"] } }
`,
    );
    const { code, terminal } = await run(['key', 'list'], { cwd });
    expect(code).toBe(0);
    expect(terminal.printed.out).toMatch(/report\s+│ a{16}…\s+│ never\s+│ orders/);
    expect(terminal.printed.out).toMatch(/dashboard │ b{16}…\s+│ 2020-01-01T00:00:00Z, has ended │ calls with orders/);
    expect(terminal.printed.out).not.toContain(one);
    const listed: unknown = JSON.parse((await run(['key', 'list', '--json'], { cwd })).terminal.printed.out);
    expect(listed).toEqual([
      { app: 'report', keys: [{ sha256_prefix: 'a'.repeat(16) }], tokens: ['orders'], proxy: [] },
      { app: 'dashboard', keys: [{ sha256_prefix: 'b'.repeat(16), not_after: '2020-01-01T00:00:00.000Z' }], tokens: [], proxy: ['orders'] },
    ]);
  });

  it('says what to do where there is no file, or one that is wrong', async () => {
    expect((await run(['key', 'list'])).code).toBe(2);
    const cwd = await freshFolder();
    await writeFile(join(cwd, 'evertoken.yaml'), 'apps: { report: { key_sha256: short } }\n');
    const { code, terminal } = await run(['key', 'list'], { cwd });
    expect([code, terminal.printed.err.includes('64 hex digits')]).toEqual([2, true]);
  });
});
