import { bundleProgram, plainEnvironment, runProcess } from '@evertoken/testkit';
import { expect, it } from 'vitest';

// Only root may start a program and then become somebody who may not signal it.
it.runIf(process.getuid?.() === 0)(
  'a program of another user runs on, however many signals it is sent, and whoever sends them is told',
  async () => {
    const program = await bundleProgram(new URL('../../test/programs/other-user.ts', import.meta.url));
    const { code, stdout, stderr } = await runProcess(process.execPath, [program], { env: plainEnvironment() });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'told to end: false, ended with 0\n', stderr: '' });
  },
);
