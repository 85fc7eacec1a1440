import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { plainEnvironment, runProcess, type SpawnedProcess, spawnProcess } from '@evertoken/testkit';
import { DCLinter } from 'dclint';
import { validate } from 'dockerfile-utils';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { missingPrograms } from '../scripts/debian-programs.mjs';
import { askSocket, type StagedMachine, stageMachine } from './deployed-agent.ts';
import { temporaryFolder, workspace } from './evertoken.ts';
import { configIn, containersIn, type Manifest, typeErrorsOf } from './kubernetes-manifests.ts';
import { type RunningTenant, runTenant } from './running-tenant.ts';

const deployed = (path: string): Promise<string> => readFile(join(workspace, 'deploy', path), 'utf8');
const manifestsOf = async (name: string): Promise<Manifest[]> =>
  parseAllDocuments(await deployed(`kubernetes/${name}`)).map((document) => document.toJS() as Manifest);

let folder: { path: string; remove: () => Promise<void> };
let tenant: RunningTenant;
let machines = 0;

beforeAll(async () => {
  folder = await temporaryFolder();
  tenant = await runTenant(join(folder.path, 'tenant'), { port: 0 });
});

afterAll(async () => {
  await tenant?.tenant.close();
  await folder?.remove();
});

async function newMachine(config: string, secretPath: string): Promise<StagedMachine> {
  machines += 1;
  const machine = await stageMachine(join(folder.path, String(machines)), tenant, secretPath);
  await machine.write('/etc/evertoken/evertoken.yaml', machine.staged(config));
  return machine;
}

/** Instructions of the last stage of the Dockerfile: name and the rest of the line. */
async function lastStage(): Promise<{ name: string; value: string }[]> {
  const lines = (await deployed('docker/Dockerfile')).split('\n').filter((line) => /^[A-Z]+ /.test(line));
  const instructions = lines.map((line) => ({ name: line.split(' ', 1)[0]!, value: line.slice(line.indexOf(' ') + 1) }));
  return instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));
}

const imageSetting = async (name: string): Promise<string> => (await lastStage()).find((instruction) => instruction.name === name)!.value;

/** A container of the image: `args` in place of CMD, what it is told about in `env`. */
async function startContainer(
  machine: StagedMachine,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Container> {
  const ofImage = Object.fromEntries((await imageSetting('ENV')).split(' ').map((pair) => pair.split('=') as [string, string]));
  // Where the agent listens is on another port here than the one that the probe knows.
  const environment = Object.entries({ ...ofImage, EVERTOKEN_URL: 'http://127.0.0.1:8400', ...env }).map(
    ([name, value]) => [name, machine.staged(value)] as const,
  );
  const settings = { env: { ...plainEnvironment(Object.fromEntries(environment)), NODE_EXTRA_CA_CERTS: tenant.caPath } };
  const [program = '', ...entry] = JSON.parse(machine.staged(await imageSetting('ENTRYPOINT'))) as string[];
  const running = spawnProcess(program, [...entry, ...args.map(machine.staged)], settings);
  onTestFinished(() => running.stop());
  return {
    process: running,
    run: ([command = '', ...rest]) => runProcess(machine.staged(command), rest.map(machine.staged), settings).then(({ code }) => code),
  };
}

interface Container {
  readonly process: SpawnedProcess;
  /** Runs a command beside it; the exit code. */
  run(command: readonly string[]): Promise<number | null>;
}

describe('deploy/docker', () => {
  it('the Dockerfile holds no mistake, and one with a mistake would be found', async () => {
    const text = await deployed('docker/Dockerfile');
    expect(validate(text)).toEqual([]);
    expect(validate(text.replace('--interval=30s', '--interval=often'))).toHaveLength(1);
  });

  it('the final image has the packages, a licence and the probe; no shell, no build tools, no root', async () => {
    const stage = await lastStage();
    expect(stage[0]!.value).toMatch(/^gcr\.io\/distroless\/nodejs\d+-debian12:nonroot$/);
    const names = stage.map(({ name }) => name);
    expect(names.filter((name) => name === 'RUN' || name === 'ADD')).toEqual([]);
    expect(stage.filter(({ name }) => name === 'COPY').map(({ value }) => value)).toEqual([
      '--from=build /app/node_modules ./node_modules',
      '--from=build /workspace/LICENSE ./',
      '--from=build /workspace/deploy/docker/probe.mjs ./',
      '--from=build --chown=65532:65532 /folders/ /',
    ]);
    expect(await imageSetting('USER')).toBe('65532:65532');
    // In the form of a list: the other form needs a shell.
    for (const name of ['ENTRYPOINT', 'CMD']) expect(JSON.parse(await imageSetting(name))).toEqual(expect.any(Array));
    expect(await imageSetting('HEALTHCHECK')).toMatch(/ CMD \[".*"\]$/);
  });

  it('docker-compose.yaml goes by the Compose Specification and breaks no rule of its linter', async () => {
    // The image that is built here bears a name, and the keys stand in the order in which one reads them.
    const linter = new DCLinter({ rules: { 'no-build-and-image': 0, 'service-keys-order': 0 }, quiet: false, debug: false, exclude: [] });
    // Its types are lost where modules are resolved as Node.js does.
    const lint = (path: string): string[] => {
      const results = linter.lintFiles([path], false) as readonly { messages: readonly { message: string }[] }[];
      return results.flatMap(({ messages }) => messages.map(({ message }) => message));
    };
    expect(lint(join(workspace, 'deploy/docker/docker-compose.yaml'))).toEqual([]);
    const machine = await newMachine('', '/run/secrets/none');
    await machine.write('/opt/compose.yaml', (await deployed('docker/docker-compose.yaml')).replace('read_only: true', 'readonly: true'));
    expect(lint(machine.path('/opt/compose.yaml'))).toEqual([expect.stringContaining('must NOT have additional properties')]);
  });

  it('keeps the secret out of the clone; one that lies in it all the same is in no image and in no commit', async () => {
    const compose = parse(await deployed('docker/docker-compose.yaml')) as { secrets: Record<string, { file: string }> };
    const files = Object.values(compose.secrets).map(({ file }) => resolve(workspace, 'deploy/docker', file));
    expect(files).toEqual(['/etc/evertoken/secrets/auth0-client-secret']);
    const guide = await readFile(join(workspace, 'docs/guides/deploying.md'), 'utf8');
    for (const file of files) {
      const commands = guide
        .split('\n')
        .filter((line) => line.startsWith('sudo install -') && [file, dirname(file)].some((path) => line.split(' ').includes(path)));
      expect(commands.map((line) => /^sudo install (?:-d )?-m (0\d+) -o 65532 -g 65532 /.exec(line)?.[1])).toEqual(['0700', '0400']);
    }
    const strays = ['auth0-client-secret', 'deploy/docker/secrets/anything'];
    const ignored = await runProcess('git', ['check-ignore', '--no-index', ...strays], { cwd: workspace, env: plainEnvironment() });
    expect(ignored.stdout.trim().split('\n')).toEqual(strays);
    const patterns = (await deployed('docker/Dockerfile.dockerignore')).split('\n');
    expect(patterns).toEqual(expect.arrayContaining(['**/auth0-client-secret', 'deploy/docker/secrets']));
  });

  it.skipIf(missingPrograms('e2e/containers.test.ts').length > 0)(
    'the agent of it starts, is told healthy, and its program calls the API with nothing but the socket',
    async () => {
      const compose = parse(await deployed('docker/docker-compose.yaml')) as { services: { report: { command: string[] } } };
      const machine = await newMachine(await deployed('docker/evertoken.yaml'), '/run/secrets/auth0-client-secret');
      const healthcheck = JSON.parse((await imageSetting('HEALTHCHECK')).replace(/^.* CMD /, '')) as string[];
      const container = await startContainer(machine, JSON.parse(await imageSetting('CMD')) as string[]);
      await container.process.waitFor(/"event":"agent\.listening"/);
      expect(await container.run(healthcheck)).toBe(0);

      const { code, stdout } = await runProcess('curl', compose.services.report.command.map(machine.staged), { env: plainEnvironment() });
      expect([code, (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name)]).toEqual([
        0,
        expect.arrayContaining(['Default App']),
      ]);
      // It may only call; the token stays with the agent.
      expect((await askSocket(machine.path('/run/evertoken/report.sock'), '/v1/tokens/management')).status).toBe(403);

      process.kill(container.process.pid, 'SIGTERM');
      expect((await container.process.exit()).code).toBe(0);
      expect(await container.run(healthcheck)).toBe(1);
    },
  );
});

describe('deploy/kubernetes', () => {
  const names = ['sidecar.yaml', 'daemonset.yaml'];

  it('every field of the manifests is one that Kubernetes has, of the type it has', async () => {
    const manifests = (await Promise.all(names.map(manifestsOf))).flat();
    expect(manifests.map(({ kind }) => kind)).toEqual([
      'Secret',
      'ConfigMap',
      'Deployment',
      'Namespace',
      'Secret',
      'ConfigMap',
      'DaemonSet',
    ]);
    const wrong = JSON.parse(
      JSON.stringify(manifests[2]).replace('"drop"', '"dropp"').replace('"replicas":1', '"replicas":"1"'),
    ) as Manifest;
    expect(await typeErrorsOf(join(folder.path, 'types'), [...manifests, wrong])).toEqual([
      expect.stringMatching(/manifest7\.ts.*'string' is not assignable to type 'number'/),
      expect.stringMatching(/manifest7\.ts.*dropp/),
    ]);
  });

  it.each(names)(
    '%s: every container is as restricted as the Pod Security Standards ask, but for the one that makes a folder',
    async (name) => {
      const [workload] = (await manifestsOf(name)).filter(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet');
      const pod = workload!.spec!.template!.spec!;
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } });
      expect(pod.automountServiceAccountToken).toBe(false);
      for (const container of containersIn(workload!)) {
        expect(container.securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        const isRoot = container.securityContext?.runAsUser === 0;
        expect([container.name, container.securityContext?.capabilities?.add]).toEqual([
          container.name,
          isRoot ? ['CHOWN', 'FOWNER'] : undefined,
        ]);
        expect(isRoot).toBe(container.name === 'socket-folder');
        expect(container.resources).toMatchObject({
          requests: { cpu: expect.any(String), memory: expect.any(String) },
          limits: { memory: expect.any(String) },
        });
        for (const mount of container.volumeMounts ?? []) expect(pod.volumes?.map((volume) => volume.name)).toContain(mount.name);
      }
    },
  );

  it.each(names)('%s: the agent starts with its config, its probes tell how it stands, and it ends when told', async (name) => {
    const manifests = await manifestsOf(name);
    const workload = manifests.find(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet')!;
    const agent = containersIn(workload).find(
      (container) => basename(container.image ?? '') === 'evertoken:0.1.0' && container.args !== undefined,
    )!;
    const machine = await newMachine(configIn(manifests), '/run/secrets/evertoken/auth0-client-secret');
    const env = Object.fromEntries((agent.env ?? []).map(({ name, value = '' }) => [name, value]));
    const container = await startContainer(machine, agent.args!, env);
    const probes = [agent.startupProbe, agent.livenessProbe, agent.readinessProbe].map((probe) => probe!.exec!.command!);
    for (const probe of probes) await expect.poll(() => container.run(probe)).toBe(0);
    process.kill(container.process.pid, 'SIGTERM');
    expect((await container.process.exit()).code).toBe(0);
    expect(await Promise.all(probes.map((probe) => container.run(probe)))).toEqual([1, 1, 1]);
  });
});
