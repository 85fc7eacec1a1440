import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatEnvFile, parseEnvFile } from './env-file.ts';
import { shellQuote, shellWord } from './shell-quote.ts';

const awkward = ['', ' ', "it's", '$HOME', '`id`', '"', '\\', '*', '#x', '~', 'a\nb', '-n', '!1', "''", 'é', ';', '&&', '$(id)'];

it('makes one word of any text, as a real shell reads it', () => {
  const words = awkward.map((text) => `${shellQuote(text)} ${shellWord(text)}`).join(' ');
  const read = execFileSync('sh', ['-c', `printf '%s\\0' ${words}`], { encoding: 'utf8' });
  expect(read.split('\0').slice(0, -1)).toEqual(awkward.flatMap((text) => [text, text]));
});

it('leaves plain words as they are', () => {
  for (const text of ['.evertoken/ca.pem', 'https://localhost:8401/oauth/token', 'read:clients']) expect(shellWord(text)).toBe(text);
});

it('writes an env file that a real shell reads back', () => {
  const entries = Object.fromEntries(awkward.map((value, index) => [`V${index}`, value]));
  const script = `set -a; ${formatEnvFile(entries)}\nenv -0`;
  const env = Object.fromEntries(
    execFileSync('sh', ['-c', script], { encoding: 'utf8', env: {} })
      .split('\0')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  expect(env).toMatchObject(entries);
});

it('reads back every env file that it writes', () => {
  const names = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/);
  fc.assert(
    fc.property(fc.dictionary(names, fc.string()), (entries) => {
      expect(parseEnvFile(formatEnvFile(entries))).toEqual({ ...entries });
    }),
  );
});

it('reads an env file that a person has edited', () => {
  const text = "# mine\n\nexport EVERTOKEN_URL=http://127.0.0.1:8400\n  EVERTOKEN_APP='local'  \nnot a line\n=nothing\n";
  expect(parseEnvFile(text)).toEqual({ EVERTOKEN_URL: 'http://127.0.0.1:8400', EVERTOKEN_APP: 'local' });
});
