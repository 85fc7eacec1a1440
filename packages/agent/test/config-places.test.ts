import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AgentError } from '../src/agent-error.ts';
import { loadAgentConfig } from '../src/config/load-agent-config.ts';
import { freshHome, load, problemsOf, smallConfig } from './a-config.ts';

const withRest = (rest: string): string => smallConfig([], rest);

describe('files', () => {
  it('have a path from the config file on, a mode and an owner', async () => {
    const uid = process.getuid?.() ?? 0;
    const { files } = await load(
      withRest(
        `files:\n  - { token: management, path: a.jwt }\n  - { token: management, path: /x/b.jwt, mode: "0640", owner: root, group: 12, remove_on_stop: true }\n`,
      ),
    );
    expect(files).toMatchObject([
      {
        token: 'management',
        path: expect.stringMatching(/evertoken-\w+\/a\.jwt$/) as string,
        mode: 0o600,
        owner: undefined,
        removeOnStop: false,
      },
      { path: '/x/b.jwt', mode: 0o640, owner: { uid: 0, gid: 12 }, removeOnStop: true },
    ]);
    expect((await load(withRest('files: [{ token: management, path: a, group: 7 }]'))).files[0]?.owner).toEqual({ uid, gid: 7 });
  });

  it('may be all that is wanted: no app is needed then', async () => {
    const yaml = (files: string): string => smallConfig([], files).replace(/^apps:\n.*\n/m, '');
    for (const apps of ['', 'apps: {}\n']) {
      const config = await load(yaml(`files: [{ token: management, path: a }]\n${apps}`));
      expect([config.files.length, config.apps, config.hasDefaultApp]).toEqual([1, [], false]);
    }
    expect(await problemsOf(load(yaml('files: []\n')))).toEqual([expect.stringMatching(/apps: no app is named/) as string]);
  });

  it.each([
    ['{ token: managment, path: a }', '8 files.0.token: no token is named `managment`; did you mean `management`?'],
    ['{ token: management, path: a, mode: 0640 }', '8 files.0.mode: put the mode in quotes, as an octal number: "0640"'],
    ['{ token: management, path: a, mode: "0666" }', '8 files.0.mode: a token file must not be writable for group or others'],
    [
      '{ token: management, path: a, owner: no-such-user }',
      '8 files.0.owner: this machine has no user `no-such-user`; make it, or name another one by its name or number',
    ],
    [
      '{ token: management, path: a, group: no-such-group }',
      '8 files.0.group: this machine has no group `no-such-group`; make it, or name another one by its name or number',
    ],
    [
      '{ token: management, path: a }, { token: management, path: ./a }',
      '8 files.1.path: `./a` is the file of another entry already; give each its own',
    ],
  ])('written as %s are refused', async (file, problem) => {
    expect(await problemsOf(load(withRest(`files: [${file}]\n`)))).toEqual([problem]);
  });

  it.each([
    ['evertoken.yaml', 'the config itself'],
    ['state/agent.sock', 'a socket that is listened on'],
    ['metrics.sock', 'a socket that is listened on'],
    ['state/store.key', 'in the state folder'],
    ['state/control.sock', 'in the state folder'],
    ['state/sub/new.jwt', 'in the state folder'],
    ['state', 'in the state folder'],
    ['link/app.key', 'in the state folder'],
    ['kept/a.jwt', 'in the folder of the sealed tokens'],
    ['audit.jsonl', 'the file of `audit`'],
    ['audit.jsonl.1', 'a file that `audit` puts aside'],
    ['audit.jsonl.5', 'a file that `audit` puts aside'],
    ['a.crt', 'the file of `tls.cert`'],
    ['./b.key', 'the file of `tls.key`'],
    ['secret', 'the file that `tokens.management.client_secret.0` reads'],
    ['real-secret', 'the file that `tokens.management.client_secret.0` reads'],
  ])('are not written to %s, which is %s', async (path, what) => {
    const { home, folder } = await freshHome();
    const file = join(home, 'evertoken.yaml');
    await writeFile(join(home, 'real-secret'), 's3cret');
    await symlink('real-secret', join(home, 'secret'));
    await symlink('state', join(home, 'link'));
    const listen = `listen: ["unix:${home}/state/agent.sock"]\nmetrics: { listen: ["unix:${home}/metrics.sock"] }\n`;
    const rest = 'audit: { file: audit.jsonl }\ntls: { cert: a.crt, key: b.key }\nstore: { file: { folder: kept } }\n';
    const yaml = withRest(`files: [{ token: management, path: ${path} }]\n${listen}${rest}`);
    await writeFile(file, yaml.replace('client_secret: s3cret', 'client_secret: [{ file: secret }]'));
    expect(await problemsOf(loadAgentConfig({ file, folder, env: {} }))).toEqual([
      `8 files.0.path: \`${path}\` is ${what}, which the token would replace; name another file`,
    ]);
  });

  it('in one folder by two names are one file', async () => {
    const { home, folder } = await freshHome();
    await symlink('.', join(home, 'link'));
    const file = join(home, 'evertoken.yaml');
    await writeFile(file, withRest('files: [{ token: management, path: a }, { token: management, path: link/a }]\n'));
    expect(await problemsOf(loadAgentConfig({ file, folder, env: {} }))).toEqual([
      '8 files.1.path: `link/a` is the file of another entry already; give each its own',
    ]);
  });

  it('may have the name of a parameter of a token request, and any beside the audit that it never gives a file', async () => {
    expect((await load(smallConfig(['parameters: { file: a }'], 'files: [{ token: management, path: a }]\n'))).files).toHaveLength(1);
    for (const path of ['audit.jsonl.6', 'audit.jsonl.0', 'audit.jsonl.01', 'audit.jsonl.a']) {
      const rest = `audit: { file: audit.jsonl }\nfiles: [{ token: management, path: ${path} }]\n`;
      expect((await load(withRest(rest))).files).toHaveLength(1);
    }
  });
});

describe('addresses', () => {
  it('of the command line are told by the option that gave them, and no file is to be mended for them', async () => {
    const toldOf = (loading: Promise<unknown>): Promise<AgentError> =>
      loading.then(
        () => expect.fail('it was taken'),
        (error: AgentError) => error,
      );
    const wrong = await toldOf(load(smallConfig(), { listen: ['http://10.0.0.1:80', 'ftp://x', 'unix:/run/a.sock?app=reports'] }));
    expect(wrong.message).toMatch(/^the command line has 3 problems:\n(?: {2}--listen: .*\n){2} {2}--listen: no app is named `reports`/);
    expect(wrong.step).toBe('Correct --listen, then start again.');
    const both = await toldOf(load(withRest('lisen: []\n'), { listen: ['ftp://x'], listenOption: '--agent-port' }));
    expect(both.message).toMatch(/^evertoken\.yaml has 2 problems:\n {2}--agent-port: [\s\S]*unknown key `lisen`/);
  });

  it('beyond this machine need https and `allow_remote`', async () => {
    expect(await problemsOf(load(withRest('listen: [http://127.0.0.1:0, https://10.0.0.1:8401]\n')))).toEqual([
      expect.stringMatching(/^8 listen\.1: Only this machine may be listened to.*`allow_remote: true` allows it\.$/),
    ]);
    const yaml = withRest(
      'listen: https://10.0.0.1:8401\nallow_remote: true\nhosts: [Agent.Example.com]\ntls: { cert: a.crt, key: /b.key }\n',
    );
    const config = await load(yaml);
    expect(config).toMatchObject({
      listen: [{ kind: 'https', host: '10.0.0.1', port: 8401 }],
      allowRemote: true,
      hosts: ['agent.example.com'],
      tls: { certPath: expect.stringMatching(/evertoken-\w+\/a\.crt$/) as string, keyPath: '/b.key' },
    });
    expect(await problemsOf(load(withRest('listen: http://10.0.0.1:8401\nallow_remote: true\n')))).toEqual([
      expect.stringContaining('over TLS alone'),
    ]);
  });

  it.each([
    ['[unix:/run/a.sock, "unix:/run/./a.sock?mode=0660"]', 'unix:/run/a.sock?mode=0660', 'unix:/run/a.sock'],
    ['[http://127.0.0.1:8400, https://127.0.0.1:8400]', 'https://127.0.0.1:8400', 'http://127.0.0.1:8400'],
    ['[http://localhost:8400, http://127.0.0.1:8400]', 'http://127.0.0.1:8400', 'http://localhost:8400'],
    ['["http://[::1]:8400", http://localhost:8400]', 'http://localhost:8400', 'http://[::1]:8400'],
    ['[https://0.0.0.0:8400, http://127.0.0.2:8400]', 'http://127.0.0.2:8400', 'https://0.0.0.0:8400'],
    ['["http://127.0.0.1:8400", "https://[::]:8400"]', 'https://[::]:8400', 'http://127.0.0.1:8400'],
  ])('at one place are refused: %s', async (listen, one, other) => {
    expect(await problemsOf(load(withRest(`allow_remote: true\nlisten: ${listen}\n`)))).toEqual([
      `9 listen.1: \`${one}\` is at the same place as \`${other}\`, and a place can be listened on once; leave one out or give it another`,
    ]);
  });

  it('at one place are refused on the command line and for metrics too', async () => {
    expect(await problemsOf(load(smallConfig(), { listen: ['http://127.0.0.1:1', 'http://localhost:1'] }))).toEqual([
      expect.stringMatching(/^- --listen: `http:\/\/localhost:1` is at the same place as `http:\/\/127\.0\.0\.1:1`/),
    ]);
    expect(await problemsOf(load(withRest('metrics: { listen: "http://127.0.0.1:8400" }\n')))).toEqual([
      expect.stringMatching(/^8 metrics\.listen: `http:\/\/127\.0\.0\.1:8400` is at the same place/),
    ]);
  });

  it('may be any free port twice, and one port of several hosts', async () => {
    const yaml = withRest('listen: [http://127.0.0.1:0, http://localhost:0, http://127.0.0.1:1, http://127.0.0.2:1, "http://[::1]:1"]\n');
    expect((await load(yaml)).listen).toHaveLength(5);
  });

  it('for metrics stand apart', async () => {
    expect((await load(withRest('metrics: { listen: "http://127.0.0.1:9400" }\n'))).metricsListen).toEqual([
      { kind: 'http', host: '127.0.0.1', port: 9400 },
    ]);
  });

  it.each([
    ['hosts: ["https://a.example"]', '8 hosts.0: expected a host name alone, without scheme, port and path'],
    ['tls: { cert: a.crt }', '8 tls.key: is missing; add it'],
    ['listen: []', '8 listen: name at least one address, such as http://127.0.0.1:8400'],
    ['allow_remote: "yes"', '8 allow_remote: expected true or false, found a text'],
  ])('written as %s are refused', async (line, problem) => {
    expect(await problemsOf(load(withRest(`${line}\n`)))).toEqual([problem]);
  });
});
