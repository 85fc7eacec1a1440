import { bundleProgram, issueTokens, plainEnvironment, runProcess } from '@evertoken/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { aStage } from './stage.ts';

const stage = aStage();
let program: string;

beforeAll(async () => {
  program = await bundleProgram(new URL('programs/reader.ts', import.meta.url));
});

const read = (count: string, tokenEndpoint = stage.endpoint.url) =>
  runProcess(process.execPath, [program, tokenEndpoint, count], { env: plainEnvironment() });

describe('a process that has nothing else to do', () => {
  it('ends when its caller has the token, though the token is kept', async () => {
    stage.endpoint.answer(issueTokens(600));
    expect(await read('one')).toMatchObject({ code: 0, stdout: 'token-1\n', stderr: '' });
  });

  it('does not end before callers have theirs who wait for their turn at the issuer', async () => {
    stage.endpoint.answer(issueTokens(600));
    expect(await read('4')).toMatchObject({ code: 0, stdout: 'token token token token\n', stderr: '' });
    expect(stage.endpoint.requests).toHaveLength(4);
  });

  it('does not end before its caller is told that there is no token', async () => {
    // Somebody who takes connections and never answers.
    stage.endpoint.answer(() => undefined);
    const { code, stderr } = await read('one');
    expect(code).toBe(1);
    expect(stderr).toContain("code: 'wait_timeout'");
  });
});
