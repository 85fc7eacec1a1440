import type { LookupAddress } from 'node:dns';
import { ManualClock } from '@evertoken/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { HostLookup } from './host-lookup.ts';

const first: LookupAddress[] = [{ address: '192.0.2.1', family: 4 }];
const second: LookupAddress[] = [{ address: '192.0.2.2', family: 4 }];
const refused = Object.assign(new Error('there is no such name'), { code: 'ENOTFOUND' });

let clock: ManualClock;
let hosts: HostLookup;
/** The lookups that the system has not answered, with what answers them. */
let asked: { host: string; done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void }[];

beforeEach(() => {
  clock = new ManualClock();
  asked = [];
  hosts = new HostLookup({ timeoutMs: 2_500, clock, ask: (host, done) => void asked.push({ host, done }) });
});

function answer(addresses: LookupAddress[] | NodeJS.ErrnoException): void {
  const [oldest] = asked.splice(0, 1);
  if (Array.isArray(addresses)) oldest?.done(null, addresses);
  else oldest?.done(addresses, []);
}

/** What `net.connect` would get: addresses, or the code of an error. */
function look(host = 'api.example'): Promise<LookupAddress[] | string> {
  return new Promise((resolve) => {
    hosts.lookup(host, { all: true }, (error, addresses) => resolve(error?.code ?? (addresses as LookupAddress[])));
  });
}

describe('HostLookup', () => {
  it('asks the system once for all who want the same name at once, and anew after five seconds', async () => {
    const all = [look(), look('API.example'), look()];
    answer(first);
    expect(await Promise.all(all)).toEqual([first, first, first]);
    await clock.advance(4_999);
    expect(await look()).toEqual(first);
    await clock.advance(1);
    const later = look();
    answer(second);
    expect(await later).toEqual(second);
    expect(asked).toEqual([]);
  });

  it('gives one address to whoever wants one', async () => {
    const one = new Promise((resolve) => hosts.lookup('api.example', {}, (error, address, family) => resolve([error, address, family])));
    answer(first);
    expect(await one).toEqual([null, '192.0.2.1', 4]);
  });

  it('knows without asking that localhost is this machine', async () => {
    expect(await look('LocalHost')).toEqual([
      expect.objectContaining({ address: '127.0.0.1' }),
      expect.objectContaining({ address: '::1' }),
    ]);
    expect(asked).toEqual([]);
  });

  it('lets nobody wait longer than two and a half seconds, and takes what comes later for the next', async () => {
    const impatient = look();
    await clock.advance(2_500);
    expect(await impatient).toBe('EAI_AGAIN');
    const patient = look();
    await clock.advance(1_000);
    answer(first);
    expect(await patient).toEqual(first);
    expect(await look()).toEqual(first);
  });

  it('goes on with the addresses of before while the name cannot be looked up, for an hour', async () => {
    const once = look();
    answer(first);
    await once;
    await clock.advance(5_000);
    const failing = look();
    answer(refused);
    expect(await failing).toEqual(first);
    const hanging = look();
    await clock.advance(2_500);
    expect(await hanging).toEqual(first);
    await clock.advance(3_600_000);
    const late = look();
    answer(refused);
    expect(await late).toBe('ENOTFOUND');
  });

  it('has one lookup of a name on its way, whoever gave up waiting for it, and after a failure none for as long as that took', async () => {
    for (let times = 0; times < 4; times += 1) {
      const hopeless = look();
      await clock.advance(2_500);
      expect([await hopeless, asked.length]).toEqual(['EAI_AGAIN', 1]);
    }
    answer(refused);
    expect([await look(), asked.length]).toEqual(['ENOTFOUND', 0]);
    await clock.advance(9_999);
    expect([await look(), asked.length]).toEqual(['ENOTFOUND', 0]);
    await clock.advance(1);
    const again = look();
    expect(asked.map(({ host }) => host)).toEqual(['api.example']);
    answer(second);
    expect(await again).toEqual(second);
  });

  it('asks at once again after a failure that came at once', async () => {
    const failing = look();
    answer(refused);
    expect(await failing).toBe('ENOTFOUND');
    const again = look();
    answer(first);
    expect(await again).toEqual(first);
  });

  it('makes no name wait for another', async () => {
    void look('silent.example');
    const other = look('api.example');
    asked[1]?.done(null, first);
    expect(await other).toEqual(first);
  });

  it('fails where the system has no address', async () => {
    const none = look();
    answer([]);
    expect(await none).toBe('ENOTFOUND');
  });
});
