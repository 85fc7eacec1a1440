import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatListenAddress, type ListenAddress, parseListenAddress } from '../src/index.ts';

describe('parseListenAddress', () => {
  it.each<[string, ListenAddress]>([
    ['unix:/run/app.sock', { kind: 'unix', path: '/run/app.sock', mode: 0o600 }],
    ['unix:/run/app.sock?mode=0660', { kind: 'unix', path: '/run/app.sock', mode: 0o660 }],
    ['unix:///run//app.sock', { kind: 'unix', path: '/run/app.sock', mode: 0o600 }],
    ['unix:/run/app.sock?app=nightly-report', { kind: 'unix', path: '/run/app.sock', mode: 0o600, app: 'nightly-report' }],
    [
      'unix:/run/app.sock?group=1000&mode=660&app=constructor',
      { kind: 'unix', path: '/run/app.sock', mode: 0o660, app: 'constructor', group: '1000' },
    ],
    ['unix:/run/app.sock?mode=0660&group=staff', { kind: 'unix', path: '/run/app.sock', mode: 0o660, group: 'staff' }],
    ['http://127.0.0.1:8400', { kind: 'http', host: '127.0.0.1', port: 8400 }],
    ['http://127.0.0.1:80/', { kind: 'http', host: '127.0.0.1', port: 80 }],
    ['https://localhost:0', { kind: 'https', host: 'localhost', port: 0 }],
    ['HTTPS://LOCALHOST:443', { kind: 'https', host: 'localhost', port: 443 }],
    ['http://[::1]:8400', { kind: 'http', host: '::1', port: 8400 }],
  ])('reads %s', (text, address) => {
    expect(parseListenAddress(text)).toEqual(address);
  });

  it.each([
    ['an unknown scheme', 'tcp://127.0.0.1:1'],
    ['no scheme', '127.0.0.1:8400'],
    ['no port', 'http://127.0.0.1'],
    ['a port beyond 65535', 'http://127.0.0.1:65536'],
    ['a path', 'http://127.0.0.1:8400/api'],
    ['a query', 'http://127.0.0.1:8400?x=1'],
    ['user information', 'http://me:secret@127.0.0.1:8400'],
    ['a backslash', 'http:\\\\127.0.0.1:8400'],
    ['a host that is not this machine', 'http://192.168.1.2:8400'],
    ['all hosts', 'http://0.0.0.0:8400'],
    ['all hosts of IPv6', 'http://[::]:8400'],
    ['a name that only begins like the loopback', 'http://127.0.0.1.example.com:8400'],
    ['a relative socket path', 'unix:app.sock'],
    ['a folder as socket path', 'unix:/run/'],
    ['an abstract socket', 'unix:@evertoken'],
    ['an abstract socket by its NUL', 'unix:\0evertoken'],
    ['a NUL inside a socket path', 'unix:/run/app\0.sock'],
    ['a socket path of 108 bytes', `unix:/${'a'.repeat(107)}`],
    ['a mode that is no octal number', 'unix:/run/app.sock?mode=rw'],
    ['an unknown socket option', 'unix:/run/app.sock?owner=me'],
    ['an option of every object', 'unix:/run/app.sock?constructor=x'],
    ['a socket option without value', 'unix:/run/app.sock?mode'],
    ['an empty option', 'unix:/run/app.sock?'],
    ['an option twice', 'unix:/run/app.sock?app=one&app=two'],
    ['a second question mark', 'unix:/run/app.sock?app=one?mode=0660'],
    ['an app that is no name', 'unix:/run/app.sock?app=../x'],
    ['an empty app', 'unix:/run/app.sock?app='],
    ['a group that is an option of a program', 'unix:/run/app.sock?group=-x'],
  ])('refuses %s', (_case, text) => {
    expect(() => parseListenAddress(text)).toThrow(
      expect.objectContaining({ name: 'ServiceError', code: 'address_invalid', step: expect.stringMatching(/\.$/) }),
    );
  });

  it('quotes no password that somebody put before the host', () => {
    const address = 'http://admin:s3/cret@127.0.0.1:8400';
    expect(() => parseListenAddress(address)).toThrow(expect.objectContaining({ place: 'http://127.0.0.1:8400' }));
  });

  it('takes a host that others reach where that is said, and over https alone', () => {
    const remote = { mayBeRemote: true };
    expect(parseListenAddress('https://192.168.1.2:8400', remote)).toEqual({ kind: 'https', host: '192.168.1.2', port: 8400 });
    expect(parseListenAddress('https://[::]:8400', remote)).toMatchObject({ host: '::' });
    expect(parseListenAddress('http://127.0.0.1:8400', remote)).toMatchObject({ kind: 'http' });
    expect(() => parseListenAddress('https://192.168.1.2:8400')).toThrow('not a loopback address');
    expect(() => parseListenAddress('http://192.168.1.2:8400', remote)).toThrow('over TLS alone');
  });

  it('takes a socket path of 107 bytes, the most the system takes', () => {
    expect(parseListenAddress(`unix:/${'a'.repeat(106)}`)).toMatchObject({ kind: 'unix' });
  });

  it('reads back whatever it formats', () => {
    const sockets = fc.record({
      kind: fc.constant('unix' as const),
      path: fc.stringMatching(/^(\/[\w. -]{0,9}\w){1,6}$/),
      mode: fc.integer({ min: 0, max: 0o777 }),
    });
    const ownSockets = fc.record({
      kind: fc.constant('unix' as const),
      path: fc.constant('/run/app.sock'),
      mode: fc.integer({ min: 0, max: 0o777 }),
      app: fc.stringMatching(/^[a-zA-Z0-9][\w.-]{0,62}$/),
      group: fc.oneof(fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/), fc.nat().map(String)),
    });
    const hosts = fc.constantFrom('localhost', '127.0.0.1', '127.255.3.4', '::1');
    const ports = fc.record({
      kind: fc.constantFrom('http' as const, 'https' as const),
      host: hosts,
      port: fc.integer({ min: 0, max: 65535 }),
    });
    fc.assert(
      fc.property(fc.oneof(sockets, ownSockets, ports), (address) => {
        expect(parseListenAddress(formatListenAddress(address))).toEqual(address);
      }),
    );
  });
});
