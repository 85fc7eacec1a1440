// Programs of others that tests run: which are there, and the Debian packages that bring the rest.
import { spawnSync } from 'node:child_process';

const examples = 'e2e/languages.test.ts';

/** Each with the test that needs it, a command that succeeds where all of it is there, and the Debian packages that bring it. */
const programs = [
  { name: 'curl with jq', test: examples, probe: ['sh', '-c', 'curl --version && jq --version'], debianPackages: ['curl', 'jq'] },
  {
    name: 'Python with requests',
    test: examples,
    probe: ['python3', '-c', 'import requests'],
    debianPackages: ['python3', 'python3-requests'],
  },
  { name: 'Go', test: examples, probe: ['go', 'version'], debianPackages: ['golang-go'] },
  { name: 'PHP', test: examples, probe: ['php', '-r', 'exit(extension_loaded("openssl") ? 0 : 1);'], debianPackages: ['php-cli'] },
  { name: 'Ruby', test: examples, probe: ['ruby', '-ropenssl', '-rnet/http', '-rjson', '-e', ''], debianPackages: ['ruby'] },
  {
    name: 'programs of the pages',
    test: 'e2e/docs.test.ts',
    probe: [
      'sh',
      '-c',
      'curl --version && jq --version && python3 -c "import requests" && go version && php --version && ruby --version && java --version',
    ],
    debianPackages: ['curl', 'jq', 'python3', 'python3-requests', 'golang-go', 'php-cli', 'ruby', 'default-jdk-headless'],
  },
  { name: 'nginx', test: 'e2e/nginx.test.ts', probe: ['nginx', '-v'], debianPackages: ['nginx'] },
  {
    name: 'systemd and Python',
    test: 'e2e/systemd.test.ts',
    probe: ['sh', '-c', 'systemd-analyze --version && systemd-notify --version && python3 --version'],
    debianPackages: ['systemd', 'python3'],
  },
  ...[
    ...['postgres-tenant-store', 'postgres-nodes', 'tenant-nodes', 'durability'].map((name) => `packages/tenant/test/${name}.test.ts`),
    'packages/postgres/test/postgres-token-store.test.ts',
  ].map((test) => ({
    name: 'PostgreSQL',
    test,
    probe: ['sh', '-c', 'ls /usr/lib/postgresql/*/bin/initdb || ls /usr/local/bin/initdb || ls /usr/bin/initdb'],
    debianPackages: ['postgresql'],
  })),
  ...['redis-token-store', 'redis-topologies', 'redis-failures'].map((name) => ({
    name: 'Redis',
    test: `packages/redis/test/${name}.test.ts`,
    probe: ['sh', '-c', 'redis-server --version && redis-cli --version'],
    debianPackages: ['redis-server'],
  })),
  ...[
    'status-page',
    'dashboard',
    'dashboard-changes',
    'dashboard-keyboard',
    'dashboard-looks',
    'dashboard-logs',
    'dashboard-reads',
    'dashboard-sessions',
  ].map((name) => ({
    name: 'Chromium',
    test: `e2e/${name}.test.ts`,
    probe: ['chromium', '--version'],
    debianPackages: ['chromium'],
  })),
  {
    name: 'shells',
    test: 'packages/cli/test/completion.test.ts',
    probe: ['sh', '-c', 'bash --version && zsh --version && fish --version'],
    debianPackages: ['bash', 'zsh', 'fish'],
  },
  { name: 'curl', test: 'e2e/containers.test.ts', probe: ['curl', '--version'], debianPackages: ['curl'] },
];

/** The programs that `test` needs and that cannot run here. */
export function missingPrograms(test) {
  return programs.filter((program) => program.test === test && !canRun(program));
}

/**
 * Installs what is missing for the tests that `filters` choose (all where there are none), where this is Debian and we are root; otherwise says what is
 * missing, and the tests that need it are skipped.
 */
export function installPrograms(say, filters) {
  const wanted = programs.filter(({ test }) => filters.length === 0 || filters.some((filter) => test.includes(filter)));
  const missing = wanted.filter((program) => !canRun(program));
  if (missing.length === 0) return;
  const names = [...new Set(missing.map(({ name }) => name))].join(', ');
  const packages = [...new Set(missing.flatMap(({ debianPackages }) => debianPackages))];
  const mayInstall = process.getuid?.() === 0 && spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0;
  if (!mayInstall) {
    say(`not installed here: ${names}. Their tests are skipped. On Debian, as root: apt-get install ${packages.join(' ')}`);
    return;
  }
  say(`installing ${packages.join(' ')} for the tests that need them …`);
  // RUNLEVEL: what is installed must not start as a service and take a port.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  for (const args of [
    ['update', '-q'],
    ['install', '-y', '-q', '--no-install-recommends', ...packages],
  ]) {
    const { status, stdout, stderr } = spawnSync('apt-get', args, { env, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
    if (status !== 0) {
      process.stderr.write(`${stdout}${stderr}`);
      say(`apt-get ${args[0]} failed; the tests of ${names} are skipped.`);
      return;
    }
  }
  const still = missing.filter((program) => !canRun(program));
  if (still.length > 0) say(`still missing after the installation: ${still.map(({ name }) => name).join(', ')}. Their tests are skipped.`);
}

function canRun({ probe: [program, ...args] }) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
