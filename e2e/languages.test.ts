import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingPrograms } from '../scripts/debian-programs.mjs';
import { evertoken, shell, temporaryFolder, workspace } from './evertoken.ts';
import { mintsOf, type RunningDev, startDev } from './running-dev.ts';

const examples = [
  { needs: 'curl with jq', run: 'sh examples/curl/list-applications.sh' },
  { needs: 'Python with requests', run: 'python3 examples/python/list-applications.py' },
  { needs: undefined, run: 'node examples/node/list-applications.mjs' },
  { needs: 'Go', run: 'go run examples/go/list-applications.go' },
  { needs: 'PHP', run: 'php examples/php/list-applications.php' },
  { needs: 'Ruby', run: 'ruby examples/ruby/list-applications.rb' },
];
const missing = new Set(missingPrograms('e2e/languages.test.ts').map(({ name }) => name));
const isMissing = ({ needs }: { needs: string | undefined }) => needs !== undefined && missing.has(needs);
if (missing.size > 0) console.warn(`SKIPPED: the examples of ${[...missing].join(', ')}: not installed here.`);

describe('the program of the guide', () => {
  let folder: { path: string; remove: () => Promise<void> };
  let dev: RunningDev;
  let expected: string[];

  beforeAll(async () => {
    folder = await temporaryFolder();
    dev = await startDev({ cwd: folder.path });
    const body = JSON.stringify({ name: 'Bücher & “Ünïcode” ☂', app_type: 'non_interactive' });
    const created = await evertoken(['call', 'POST', '/api/v2/clients', '--data', body], { cwd: folder.path });
    expect(created.code, created.stderr).toBe(0);
    const { stdout } = await evertoken(['call', 'GET', '/api/v2/clients'], { cwd: folder.path });
    const applications = JSON.parse(stdout) as { name: string; client_id: string }[];
    expected = applications.map(({ name, client_id }) => `${name}\t${client_id}`).sort();
  });

  afterAll(async () => {
    await dev?.process.stop();
    await folder?.remove();
  });

  it('has the seeded and the new application to list', () => {
    const names = expected.map((line) => line.split('\t')[0]);
    expect(names).toEqual(expect.arrayContaining(['Default App', 'Evertoken Agent', 'Bücher & “Ünïcode” ☂']));
    expect(expected).toContain(`Evertoken Agent\t${dev.env['AUTH0_CLIENT_ID']}`);
  });

  const sourceEnv = () => `set -a; . '${join(folder.path, '.evertoken/env')}'; set +a;`;
  const asApp =
    'AUTH0_DOMAIN=$EVERTOKEN_DOMAIN AUTH0_CLIENT_ID=$EVERTOKEN_APP AUTH0_CLIENT_SECRET=$EVERTOKEN_APP_KEY AUTH0_AUDIENCE=https://$EVERTOKEN_DOMAIN/api/v2/';

  describe.each(examples)('$run', (example) => {
    it.skipIf(isMissing(example))('lists the applications with the credentials of the tenant', async () => {
      const { code, stdout, stderr } = await shell(`${sourceEnv()} ${example.run}`, { cwd: workspace, deadlineMs: 50_000 });
      expect(code, stderr).toBe(0);
      expect(stdout.trimEnd().split('\n').sort()).toEqual(expected);
    });

    it.skipIf(isMissing(example))(
      'lists them, unchanged, with the agent’s domain and an app’s credentials, and costs no mint',
      async () => {
        const before = await mintsOf(dev);
        const { code, stdout, stderr } = await shell(`${sourceEnv()} ${asApp} ${example.run}`, { cwd: workspace, deadlineMs: 50_000 });
        expect(code, stderr).toBe(0);
        expect(stdout.trimEnd().split('\n').sort()).toEqual(expected);
        expect(await mintsOf(dev)).toBe(before);
      },
    );

    it.skipIf(isMissing(example))('shows status and body, and fails, when the secret is wrong', async () => {
      const { code, stdout, stderr } = await shell(`${sourceEnv()} AUTH0_CLIENT_SECRET=wrong ${example.run}`, {
        cwd: workspace,
        deadlineMs: 50_000,
      });
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('401');
      expect(stderr).toContain('access_denied');
    });
  });

  describe('on a machine that is told to trust another authority alone', () => {
    let machine: Record<string, string>;

    beforeAll(async () => {
      const certificates = join(folder.path, 'another-authority');
      const bundle = join(certificates, 'bundle.pem');
      await mkdir(certificates);
      await writeFile(bundle, `${rootCertificates[0]}\n`);
      const names = ['CURL_CA_BUNDLE', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'];
      machine = { SSL_CERT_DIR: certificates, ...Object.fromEntries(names.map((name) => [name, bundle])) };
    });

    const runThere = (line: string) => shell(`${sourceEnv()} ${line}`, { cwd: workspace, env: machine, deadlineMs: 50_000 });

    describe.each(examples)('$run', (example) => {
      it.skipIf(isMissing(example))('needs nothing but the env file', async () => {
        const { code, stdout, stderr } = await runThere(example.run);
        expect(code, stderr).toBe(0);
        expect(stdout.trimEnd().split('\n').sort()).toEqual(expected);
      });
    });

    it.skipIf(isMissing({ needs: 'curl with jq' }))('fails without the env file’s bundle for curl', async () => {
      const { code, stdout, stderr } = await runThere(
        `CURL_CA_BUNDLE='${machine['CURL_CA_BUNDLE']}' sh examples/curl/list-applications.sh`,
      );
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('certificate');
    });
  });
});
