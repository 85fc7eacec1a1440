import { configDefaults, defineConfig } from 'vitest/config';

// Workspaces resolve to their sources, so tests need no build. Projects do not inherit these from the root. `import` is no condition of
// these: workers take them for `require` too, and a CommonJS package would get the ES modules of another.
const conditions = ['@evertoken/source', 'node'];
const resolution = { resolve: { conditions }, ssr: { resolve: { conditions, externalConditions: conditions } } };

const simulation = 'packages/client/test/simulated-{year,fleet}*.test.ts';

export default defineConfig({
  test: {
    passWithNoTests: false,
    coverage: {
      provider: 'v8',
      reportOnFailure: true,
      include: ['packages/*/src/**/*.ts'],
      exclude: ['packages/*/src/**/*.test.ts', 'packages/testkit/**'],
      reporter: ['text-summary', 'json-summary', 'lcovonly'],
      reportsDirectory: 'coverage',
    },
    projects: [
      {
        ...resolution,
        test: {
          name: 'packages',
          include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, simulation],
          pool: 'forks',
          // One process for all files of a worker: several times faster, and safe because no test leaves global state behind.
          isolate: false,
          // Long enough for a machine that is busy with five times as much: what is waited for comes at once, or is a failure.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 20_000 } },
        },
      },
      {
        ...resolution,
        test: {
          name: 'simulation',
          include: [simulation],
          // Millions of turns of the event loop: several times slower in a process that two hundred other files have filled.
          pool: 'forks',
          isolate: true,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'scripts',
          include: ['scripts/**/*.test.mjs'],
          pool: 'forks',
          isolate: false,
          testTimeout: 60_000,
        },
      },
      {
        ...resolution,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          globalSetup: ['scripts/build-for-e2e.mjs'],
          setupFiles: ['e2e/watch-logs.ts'],
          pool: 'forks',
          isolate: false,
          // Real processes share two cores at most: one scenario at a time keeps their deadlines honest.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 20_000 } },
        },
      },
    ],
  },
});
