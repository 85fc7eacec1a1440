import { afterAll, beforeAll, expect } from 'vitest';
import { leaksIn } from './leaks.ts';
import { gatherLogs } from './printed-logs.ts';

// Before every file of tests: no secret and no token may stand in what its programs logged.
let gathered: ReturnType<typeof gatherLogs>;

beforeAll(() => {
  gathered = gatherLogs();
});

afterAll(() => {
  const leaks = gathered().flatMap(({ title, env, stdout, stderr }) =>
    leaksIn(`${stdout}\n${stderr}`, env).map((leak) => `${title}: ${leak}`),
  );
  expect(leaks, 'what long-running programs printed').toEqual([]);
});
