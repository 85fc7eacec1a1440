import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasNativeModules, isInstalled, isNodeNewEnough, root } from './set-up.mjs';

describe('setting up', () => {
  it.each([
    ['18.20.8', false],
    ['20.18.3', false],
    ['20.19.0', true],
    ['22.1.0', true],
  ])('judges Node %s: %s', (version, isNewEnough) => {
    expect(isNodeNewEnough(version)).toBe(isNewEnough);
  });

  const axios = { version: '1.2.3', integrity: 'sha512-a' };
  const locked = {
    packages: {
      '': {},
      'packages/cli': {},
      'node_modules/axios': axios,
      'node_modules/for-mars': { version: '1.0.0', optional: true },
      'node_modules/linter': { version: '3.0.0', dev: true },
    },
  };
  const installed = (packages, isForTests = true) => isInstalled(locked, { packages }, { isForTests });

  const linter = { version: '3.0.0' };
  const all = { 'node_modules/axios': axios, 'node_modules/linter': linter };

  it('takes packages as installed that are those of the lock file, save optional ones for other platforms', () => {
    expect(installed(all)).toBe(true);
  });

  it('asks for an installation where a package is missing, of another version or of other content', () => {
    expect(installed({ 'node_modules/linter': linter })).toBe(false);
    expect(installed({ ...all, 'node_modules/axios': { ...axios, version: '1.2.4' } })).toBe(false);
    expect(installed({ ...all, 'node_modules/axios': { ...axios, integrity: 'sha512-b' } })).toBe(false);
    expect(installed({ ...all, 'node_modules/for-mars': { version: '2.0.0' } })).toBe(false);
  });

  it.each([
    ['linux', 'x64', 'glibc', false],
    ['linux', 'x64', 'musl', true],
    ['linux', 'arm64', 'glibc', true],
    ['darwin', 'x64', undefined, true],
  ])('asks for the native module of this machine, which another machine or an older Node left out: %s %s %s', (os, cpu, libc, isWhole) => {
    const native = { version: '1.0.0', optional: true, os: ['linux'], cpu: ['x64'], libc: ['glibc'] };
    const packages = { 'node_modules/native': native, 'node_modules/for-any': { version: '1.0.0', optional: true } };
    expect(isInstalled({ packages }, { packages: {} }, { isForTests: true, machine: { os, cpu, libc } })).toBe(isWhole);
    const held = { 'node_modules/native': { version: '1.0.0' } };
    expect(isInstalled({ packages }, { packages: held }, { isForTests: true, machine: { os, cpu, libc } })).toBe(true);
  });

  it.each(['libsql', 'lightningcss', 'vite'])('notices that %s does not find its native module', (lacking) => {
    const folder = mkdtempSync(join(tmpdir(), 'evertoken-native-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const write = (name, text) => {
      mkdirSync(join(folder, 'node_modules', name), { recursive: true });
      writeFileSync(join(folder, 'node_modules', name, 'index.js'), text);
    };
    for (const name of ['libsql', 'lightningcss', 'vite']) write(name, '');
    expect(hasNativeModules(folder)).toBe(true);
    write(lacking, `require('@native/of-this-machine')`);
    expect(hasNativeModules(folder)).toBe(false);
  });

  it('finds the native modules of this clone', () => {
    expect(hasNativeModules(root)).toBe(true);
  });

  it('needs the packages of development for tests, and not to run', () => {
    expect(installed({ 'node_modules/axios': axios }, true)).toBe(false);
    expect(installed({ 'node_modules/axios': axios }, false)).toBe(true);
    expect(installed({ 'node_modules/linter': linter }, false)).toBe(false);
  });
});
