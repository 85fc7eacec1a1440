import { ManualClock } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { sha256Of } from '../sha256.ts';
import { type App, AppDirectory, mayKnow } from './app-directory.ts';
import { newAppKey } from './app-key.ts';
import { parseRule } from './rule.ts';

const clock = new ManualClock();
const [reportKey, nextReportKey, dashboardKey] = [newAppKey(), newAppKey(), newAppKey()];
const endsAt = clock.now() + 60_000;
const report: App = {
  name: 'report',
  keys: [
    { hash: reportKey.sha256, notAfter: endsAt },
    { hash: nextReportKey.sha256, notAfter: undefined },
  ],
  tokens: ['management'],
  proxy: new Map(),
  rate: undefined,
};
const dashboard: App = {
  name: 'dashboard',
  keys: [{ hash: dashboardKey.sha256, notAfter: undefined }],
  tokens: [],
  proxy: new Map([['orders', [parseRule('GET /v1/orders')]]]),
  rate: { perSecond: 20, burst: 40 },
};
const directory = new AppDirectory([report, dashboard], clock);

describe('the app directory', () => {
  it('finds an app by any of its keys', () => {
    expect(directory.findByKey(reportKey.key)).toBe(report);
    expect(directory.findByKey(nextReportKey.key)).toBe(report);
    expect(directory.findByKey(dashboardKey.key)).toBe(dashboard);
  });

  it('finds none by an unknown key, a hash or nothing', () => {
    for (const key of [newAppKey().key, reportKey.sha256, '', 'evk_']) expect(directory.findByKey(key)).toBeUndefined();
  });

  it('takes a name only together with a key of that app', () => {
    expect(directory.findByNameAndKey('report', nextReportKey.key)).toBe(report);
    expect(directory.findByNameAndKey('report', dashboardKey.key)).toBeUndefined();
    expect(directory.findByNameAndKey('nobody', reportKey.key)).toBeUndefined();
  });

  it('takes a key until the moment at which it ends, and its successor on', () => {
    const time = new ManualClock(endsAt - 1);
    const timed = new AppDirectory([report], time);
    expect(timed.findByKey(reportKey.key)).toBe(report);
    time.advance(1);
    expect(timed.findByKey(reportKey.key)).toBeUndefined();
    expect(timed.findByNameAndKey('report', reportKey.key)).toBeUndefined();
    expect(timed.findByKey(nextReportKey.key)).toBe(report);
  });

  it('knows other apps at once when it is told so, and takes no key that is gone', () => {
    const changing = new AppDirectory([report, dashboard], clock);
    const without = { ...report, keys: report.keys.slice(1) };
    changing.replace([without]);
    expect(changing.findByKey(nextReportKey.key)).toBe(without);
    expect(changing.findByKey(reportKey.key)).toBeUndefined();
    expect(changing.findByKey(dashboardKey.key)).toBeUndefined();
    expect([changing.find('report'), changing.find('dashboard')]).toEqual([without, undefined]);
  });

  it('tells on one connection each key by itself, whichever was good there before', () => {
    const [time, connection, other] = [new ManualClock(endsAt - 1), {}, {}];
    const asked = new AppDirectory([report, dashboard], time);
    const on = (key: string, where: object = connection): App | undefined => asked.findByKey(key, where);
    expect([on(reportKey.key), on(reportKey.key), on(dashboardKey.key), on(reportKey.key)]).toEqual([report, report, dashboard, report]);
    const last = reportKey.key.length - 1;
    const wrong = reportKey.key[last] === 'A' ? 'B' : 'A';
    // The last one has the same low bytes as the key.
    const alike = String.fromCharCode(0x100 + reportKey.key.charCodeAt(last));
    for (const key of [
      `${reportKey.key.slice(0, last)}${wrong}`,
      reportKey.key.slice(0, last),
      `${reportKey.key}A`,
      `${reportKey.key.slice(0, last)}${alike}`,
    ]) {
      expect([on(reportKey.key), on(key)]).toEqual([report, undefined]);
    }
    expect(on(newAppKey().key, other)).toBeUndefined();
    time.advance(1);
    expect(on(reportKey.key)).toBeUndefined();
    expect(on(dashboardKey.key)).toBe(dashboard);
    asked.replace([report]);
    expect(on(dashboardKey.key)).toBeUndefined();
  });

  it('tells a long key whole', () => {
    const key = 'k'.repeat(200);
    const long = new AppDirectory([{ ...report, keys: [{ hash: sha256Of(key).toString('hex'), notAfter: undefined }] }], clock);
    const connection = {};
    expect([long.findByKey(key, connection)?.name, long.findByKey(key, connection)?.name]).toEqual(['report', 'report']);
    expect(long.findByKey(`${key}k`, connection)).toBeUndefined();
    expect(long.findByKey(key.slice(1), connection)).toBeUndefined();
  });

  it('takes names of what every object has for names like others', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(directory.find(name)).toBeUndefined();
      expect(mayKnow(report, name) || mayKnow(dashboard, name)).toBe(false);
      const named = { ...dashboard, name, tokens: ['constructor'], proxy: new Map([['__proto__', []]]) };
      const own = new AppDirectory([named], clock);
      expect([own.find(name), own.findByNameAndKey(name, dashboardKey.key)]).toEqual([named, named]);
      expect([mayKnow(named, 'constructor'), mayKnow(named, '__proto__'), mayKnow(named, 'toString')]).toEqual([true, true, false]);
    }
  });

  it('lets an app know of the tokens that it reads or proxies, and of no other', () => {
    expect(mayKnow(report, 'management')).toBe(true);
    expect(mayKnow(report, 'orders')).toBe(false);
    expect(mayKnow(dashboard, 'orders')).toBe(true);
  });
});
