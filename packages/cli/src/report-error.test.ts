import { AgentError } from '@evertoken/agent';
import { expect, it } from 'vitest';
import { aTerminal } from '../test/scripted-terminal.ts';
import { CliError } from './cli-error.ts';
import { reportError } from './report-error.ts';

const screenOf = (error: unknown, env: Record<string, string> = {}): { code: number; text: string } => {
  const terminal = aTerminal({ cwd: '/', env });
  const code = reportError(error, terminal);
  return { code, text: terminal.printed.err };
};

it('tells what is wrong, where, and what mends it', () => {
  const error = new CliError({
    problem: 'Port 8443 on localhost is taken',
    place: 'https://localhost:8443',
    step: 'Choose another one.',
    exitCode: 2,
  });
  expect(screenOf(error)).toEqual({
    code: 2,
    text: '✖ Port 8443 on localhost is taken\n  where:   https://localhost:8443\n  to mend: Choose another one.\n',
  });
});

it('takes the same facts from errors of other packages', () => {
  const error = Object.assign(new Error('all in one'), { code: 'port_taken', problem: 'Taken', place: 'here', step: 'Move.' });
  expect(screenOf(error)).toEqual({ code: 1, text: '✖ Taken\n  where:   here\n  to mend: Move.\n' });
});

it('names the file that an error of the agent is about', () => {
  const error = new AgentError('audit_unusable', { problem: 'The audit file cannot be used', place: '/dev/null', step: 'Name another.' });
  expect(screenOf(error).text).toBe('✖ The audit file cannot be used\n  where:   /dev/null\n  to mend: Name another.\n');
});

it('ends with code 2 for what was given wrongly, whichever package says so', () => {
  const refusals = [
    ['AgentError', 'config_invalid'],
    ['ServiceError', 'address_invalid'],
    ['TenantError', 'domain_invalid'],
    ['TenantError', 'document_unreadable'],
  ];
  for (const [name, code] of refusals) expect(screenOf(Object.assign(new Error('wrong'), { name, code, step: 'Mend it.' })).code).toBe(2);
  expect(screenOf(Object.assign(new Error('wrong'), { name: 'TokenError', code: 'config_invalid' })).code).toBe(1);
});

it('leaves an error alone that says itself what to do', () => {
  const error = Object.assign(new Error('The database was written by a later release; install that one.'), {
    name: 'TenantError',
    code: 'schema_too_new',
  });
  expect(screenOf(error).text).toBe('✖ The database was written by a later release; install that one.\n');
});

it('says how to see more of an error that it does not know, and shows the stack only then', () => {
  const error = new Error('what', { cause: new Error('why') });
  expect(screenOf(error).text).toContain('EVERTOKEN_DEBUG=1');
  expect(screenOf(error).text).not.toContain('report-error.test.ts');
  expect(screenOf(error, { EVERTOKEN_DEBUG: '1' }).text).toMatch(/report-error\.test\.ts[\s\S]*Caused by: Error: why/);
});

it('keeps lines of a long text under their label, without control characters', () => {
  expect(screenOf(new CliError({ problem: 'two\nlines\u001b[2J', step: 'one\ntwo' })).text).toBe(
    '✖ two\n  lines�[2J\n  to mend: one\n           two\n',
  );
});
