import { describe, expect, it } from 'vitest';
import { AppDirectory, mayKnow } from './app-directory.ts';
import { newAppKey } from './app-key.ts';
import { parseRule } from './rule.ts';

const [reportKey, nextReportKey, dashboardKey] = [newAppKey(), newAppKey(), newAppKey()];
const report = { name: 'report', keyHashes: [reportKey.sha256, nextReportKey.sha256], tokens: ['management'], proxy: new Map() };
const dashboard = {
  name: 'dashboard',
  keyHashes: [dashboardKey.sha256],
  tokens: [],
  proxy: new Map([['orders', [parseRule('GET /v1/orders')]]]),
};
const directory = new AppDirectory([report, dashboard]);

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

  it('lets an app know of the tokens that it reads or proxies, and of no other', () => {
    expect(mayKnow(report, 'management')).toBe(true);
    expect(mayKnow(report, 'orders')).toBe(false);
    expect(mayKnow(dashboard, 'orders')).toBe(true);
  });
});
