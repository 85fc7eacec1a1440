// The languages of examples/: which are there, and the Debian packages that bring the rest.
import { spawnSync } from 'node:child_process';

/** Each language, a command that succeeds where all that its example needs is there, and the Debian packages that bring it. */
export const languages = [
  { name: 'curl with jq', probe: ['sh', '-c', 'curl --version && jq --version'], debianPackages: ['curl', 'jq'] },
  { name: 'Python with requests', probe: ['python3', '-c', 'import requests'], debianPackages: ['python3', 'python3-requests'] },
  { name: 'Go', probe: ['go', 'version'], debianPackages: ['golang-go'] },
  { name: 'PHP', probe: ['php', '-r', 'exit(extension_loaded("openssl") ? 0 : 1);'], debianPackages: ['php-cli'] },
  { name: 'Ruby', probe: ['ruby', '-ropenssl', '-rnet/http', '-rjson', '-e', ''], debianPackages: ['ruby'] },
];

/** The languages whose example cannot run here. */
export function missingLanguages() {
  return languages.filter(({ probe: [program, ...args] }) => spawnSync(program, args, { stdio: 'ignore' }).status !== 0);
}

/** Installs missing languages where this is Debian and we are root; otherwise says what is missing, and the tests that need it are skipped. */
export function installLanguages(say) {
  const missing = missingLanguages();
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(', ');
  const packages = missing.flatMap(({ debianPackages }) => debianPackages);
  const mayInstall = process.getuid?.() === 0 && spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0;
  if (!mayInstall) {
    say(`not installed here: ${names}. Their tests are skipped. On Debian, as root: apt-get install ${packages.join(' ')}`);
    return;
  }
  say(`installing ${packages.join(' ')} for the tests of examples/ …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
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
  const still = missingLanguages();
  if (still.length > 0) say(`still missing after the installation: ${still.map(({ name }) => name).join(', ')}. Their tests are skipped.`);
}
