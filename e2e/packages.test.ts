import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { plainEnvironment, runProcess, spawnProcess, startTokenEndpoint } from '@evertoken/testkit';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { shell, temporaryFolder, workspace } from './evertoken.ts';
import { installPackages, type PackedPackage, packPackages, succeed } from './installed-packages.ts';

const publicPackages = [
  '@evertoken/agent',
  '@evertoken/client',
  '@evertoken/console',
  '@evertoken/postgres',
  '@evertoken/redis',
  '@evertoken/service',
  '@evertoken/tenant',
  'evertoken',
];

describe('what is published', () => {
  let folder: { path: string; remove: () => Promise<void> };
  let packages: readonly PackedPackage[];
  /** Outside of the workspace, so that nothing of it is found by accident. */
  let installed: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    packages = await packPackages(join(folder.path, 'packed'));
    installed = join(folder.path, 'installed');
    await installPackages(installed, packages);
  }, 300_000);

  afterAll(() => folder?.remove());

  const packageNamed = (name: string) => packages.find((candidate) => candidate.name === name)!;
  /** What publint says against a tarball. */
  async function complaintsOf(tarball: Uint8Array): Promise<readonly string[]> {
    const buffer = tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.byteLength) as ArrayBuffer;
    const { messages } = await publint({ pack: { tarball: buffer }, strict: true });
    return messages.map(({ code, path }) => `${code} ${path.join('.')}`);
  }

  /** What attw says against it, but for what is so of every package without CommonJS. */
  async function typeProblemsOf(tarball: Uint8Array): Promise<readonly string[]> {
    const result = await checkPackage(createPackageFromTarballData(tarball));
    if (result.types === false) return ['there are no types'];
    const isOfModules = (problem: (typeof result.problems)[number]) =>
      !('resolutionKind' in problem) || ['node16-esm', 'bundler'].includes(problem.resolutionKind);
    return result.problems.filter(isOfModules).map((problem) => JSON.stringify(problem));
  }

  it('is every public package, and each depends on the others in its own version', () => {
    expect(packages.map(({ name }) => name).sort()).toEqual(publicPackages);
    for (const { manifest } of packages) {
      const ours = Object.entries(manifest.dependencies ?? {}).filter(([name]) => publicPackages.includes(name));
      expect(ours).toEqual(ours.map(([name]) => [name, packageNamed(name).manifest.version]));
    }
  });

  it('has no file but those meant, a licence and a text about it in each', () => {
    for (const { name, manifest, files } of packages) {
      const inDist = new RegExp(`^dist/[\\w./-]+\\.${manifest.exports === undefined ? 'c?js' : '(?:d\\.ts|js)'}$`);
      const meant = ['LICENSE', 'README.md', 'package.json', ...manifest.files];
      // Built pages lie there too, with what they load and compressed copies of it.
      const inPage = /^dist\/(?:status|dashboard)\/(?:index\.html|assets\/[\w-]+\.(?:js|css|svg))(?:\.br|\.gz)?$/;
      const hasPages = ['@evertoken/console', 'evertoken'].includes(name);
      const isMeant = (path: string) => inDist.test(path) || meant.includes(path) || (hasPages && inPage.test(path));
      expect([...files.keys()].filter((path) => !isMeant(path))).toEqual([]);
      for (const path of meant.filter((file) => file !== 'dist')) expect(files.get(path), `${path} of ${name}`).toMatch(/\S/);
      expect([...files.keys()].filter((path) => /\.test\.|\btests?\//.test(path))).toEqual([]);
    }
  });

  it('brings the licences of what is inside, that of its pages too', () => {
    const inside = (name: string) => packageNamed(name).files.get('THIRD-PARTY-LICENSES.md') ?? '';
    for (const name of ['@evertoken/console', 'evertoken']) {
      for (const library of ['preact', '@preact/signals-core', 'uplot', '@picocss/pico'])
        expect(inside(name)).toContain(`\n## ${library} `);
    }
    for (const library of ['commander', 'fastify', 'kysely', 'pino']) expect(inside('evertoken')).toContain(`\n## ${library} `);
    for (const library of ['fastify', 'kysely']) expect(inside('@evertoken/tenant')).toContain(`\n## ${library} `);
  });

  it('asks npm for nothing that the tenant has inside', () => {
    const { dependencies = {} } = packageNamed('@evertoken/tenant').manifest;
    expect(Object.keys(dependencies)).toContain('libsql');
    for (const library of ['fastify', 'kysely']) expect(dependencies).not.toHaveProperty(library);
  });

  it('knows nothing of the machine, the workspace and the sources it was made from', () => {
    for (const { name, files } of packages) {
      for (const [path, text] of files) {
        for (const trace of [workspace, homedir(), folder.path, 'sourceMappingURL', '@evertoken/source', '@evertoken/testkit']) {
          expect(text.includes(trace), `${trace} in ${path} of ${name}`).toBe(false);
        }
      }
      expect(Object.keys(JSON.parse(files.get('package.json') ?? ''))).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(?:devDependencies|scripts)$/)]),
      );
    }
  });

  it.each(publicPackages)('publint finds nothing in %s', async (name) => {
    expect(await complaintsOf(await readFile(packageNamed(name).tarball))).toEqual([]);
  });

  it.each(publicPackages.filter((name) => name !== 'evertoken'))('the types of %s are found however it is imported', async (name) => {
    expect(await typeProblemsOf(await readFile(packageNamed(name).tarball))).toEqual([]);
  });

  it('what finds nothing in them does find what is wrong', async () => {
    const { tarball } = packageNamed('@evertoken/client');
    const broken = join(folder.path, 'broken');
    await mkdir(broken);
    await succeed('tar', ['-xzf', tarball, '-C', broken], { cwd: broken });
    await rm(join(broken, 'package/dist/index.d.ts'));
    await succeed('tar', ['-czf', 'broken.tgz', 'package'], { cwd: broken });
    const content = await readFile(join(broken, 'broken.tgz'));
    expect(await complaintsOf(content)).toEqual(['FILE_DOES_NOT_EXIST exports...types']);
    expect(await typeProblemsOf(content)).toContainEqual(expect.stringContaining('UntypedResolution'));
  });

  it('the first program of each text compiles against the installed packages', async () => {
    for (const { name, files } of packages.filter(({ manifest }) => manifest.exports !== undefined)) {
      const [, program = ''] = /```ts\n(.*?)```/s.exec(files.get('README.md') ?? '') ?? [];
      expect(program).toContain(`from '${name}'`);
      const given = ['clientId', 'clientSecret'].filter((variable) => !new RegExp(`const .*\\b${variable}\\b.* =`).test(program));
      const declarations = given.map((variable) => `declare const ${variable}: string;\n`).join('');
      await writeFile(join(installed, `${name.split('/').at(-1)}.ts`), `${program}\n${declarations}`);
    }
    const options = { target: 'es2023', module: 'nodenext', strict: true, noEmit: true, skipLibCheck: true, types: ['node'] };
    const compilerOptions = { ...options, typeRoots: [join(workspace, 'node_modules/@types')] };
    await writeFile(join(installed, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    const compiler = join(workspace, 'node_modules/typescript/bin/tsc');
    const { code, stdout } = await runProcess(process.execPath, [compiler, '-p', installed], {
      env: plainEnvironment(),
      deadlineMs: 60_000,
    });
    expect([code, stdout]).toEqual([0, '']);
  });

  const runProgram = async (program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    await cp(join(workspace, 'e2e/programs', program), join(installed, program));
    return await runProcess(process.execPath, [program, ...args], { cwd: installed, env: plainEnvironment(env) });
  };

  it('a program keeps a token with the client, and finds it again after a restart', async () => {
    const issuer = await startTokenEndpoint();
    onTestFinished(() => issuer.close());
    const { code, stdout, stderr } = await runProgram('installed-client.mjs', [issuer.url], { WORKER_SECRET: 'hush' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { before, after, hasErrors } = JSON.parse(stdout) as { before: object; after: object; hasErrors: boolean };
    expect([before, hasErrors]).toEqual([expect.objectContaining({ token: 'token-1' }), true]);
    expect(after).toEqual(before);
    expect(issuer.requests.map(({ form }) => form.get('client_secret'))).toEqual(['hush']);
  });

  it('a program runs agent and tenant, and calls the API through them', async () => {
    const { code, stdout, stderr } = await runProgram('installed-agent.mjs', []);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({ status: 200, names: expect.arrayContaining(['Evertoken Agent']) });
  });

  it('a test suite has the tenant in two lines, with the runner of Node and with vitest', async () => {
    const plain = await runProgram('installed-tests.mjs', []);
    expect(plain.code, plain.stdout + plain.stderr).toBe(0);
    expect(plain.stdout).toMatch(/^(?:#|ℹ) pass 2$/m);

    await cp(join(workspace, 'e2e/programs/installed-vitest.mjs'), join(installed, 'own.test.mjs'));
    const vitest = join(workspace, 'node_modules/vitest/vitest.mjs');
    const args = [vitest, 'run', '--root', installed, '--globals', 'own.test.mjs'];
    const ran = await runProcess(process.execPath, args, { cwd: installed, env: plainEnvironment(), deadlineMs: 60_000 });
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/1 passed/);
  });

  it('the pages are there whole, and take nothing else to be shown', () => {
    expect(packageNamed('@evertoken/console').manifest.dependencies).toBeUndefined();
    for (const { files } of [packageNamed('@evertoken/console'), packageNamed('evertoken')]) {
      for (const page of ['status', 'dashboard']) {
        const html = files.get(`dist/${page}/index.html`) ?? '';
        const loaded = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, path]) => path);
        expect(loaded.length).toBeGreaterThanOrEqual(3);
        for (const path of loaded) expect(files.get(`dist/${page}/${path}`), path).toMatch(/\S/);
      }
    }
  });

  it('`npx evertoken` tells its version', async () => {
    const printed = await succeed('npx', ['--no-install', 'evertoken', '--version'], { cwd: installed });
    expect(printed.trim()).toBe(packageNamed('evertoken').manifest.version);
  });

  it('`npx evertoken dev` starts, what it prints can be pasted, and Ctrl-C ends it', async () => {
    const args = ['--no-install', 'evertoken', 'dev', '--tenant-port', '0', '--agent-port', '0'];
    const dev = spawnProcess('npx', args, { cwd: installed, env: plainEnvironment() });
    onTestFinished(() => dev.stop());
    await dev.waitFor(/Ctrl-C/, 60_000);
    const [line = ''] = dev.stdout.match(/^ {2}curl .*$/m) ?? [];
    const { code, stdout } = await shell(line, { cwd: installed });
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ access_token: expect.any(String), token_type: 'Bearer' })]);

    dev.signal('SIGINT');
    // npx ends by the signal that it was sent, however its program ended.
    const ended = await dev.exit();
    expect(ended.code ?? ended.signal).toSatisfy((how) => how === 0 || how === 'SIGINT');
    expect(ended.stderr.match(/process\.\w+/g)).toEqual(['process.stopping']);
    expect((await shell(line, { cwd: installed })).code).not.toBe(0);
  });
});
