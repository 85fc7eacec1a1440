import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema, type SchemaNode, waysOf } from '../src/config/config-json-schema.ts';
import { configSample, configSchemaText, configTable } from '../src/config/config-reference.ts';
import { configSchema } from '../src/config/config-schema.ts';
import { load } from './a-config.ts';

const repository = new URL('../../../', import.meta.url);

describe('what is written about the config', () => {
  it.each([
    ['docs/config.md', configTable],
    ['docs/evertoken.sample.yaml', configSample],
    ['packages/agent/evertoken.schema.json', configSchemaText],
  ])('in %s is what the schema says: else run `node scripts/write-config-docs.mjs`', async (path, make) => {
    expect(await readFile(new URL(path, repository), 'utf8')).toBe(make());
  });

  it('tells of every key what it means', () => {
    const mute: string[] = [];
    const visit = (path: string, node: SchemaNode): void => {
      for (const way of waysOf(node)) {
        const isReference = ['env', 'file', 'command'].some((key) => Object.keys(way.properties ?? {}).join() === key);
        for (const [key, part] of isReference ? [] : Object.entries(way.properties ?? {})) {
          if ((part.description ?? '') === '') mute.push(`${path}${key}`);
          visit(`${path}${key}.`, part);
        }
        if (typeof way.additionalProperties === 'object') visit(`${path}NAME.`, way.additionalProperties);
        if (way.items !== undefined) visit(`${path}[].`, way.items);
      }
    };
    visit('', configJsonSchema());
    expect(mute).toEqual([]);
  });
});

describe('the sample', () => {
  it('is a config as it stands, once the secret is there', async () => {
    const yaml = configSample().replace('/run/secrets/auth0-client-secret', 'secret');
    const config = await load(yaml, { env: { AUTH0_CLIENT_ID: 'abc' }, files: { secret: 's3cret' } });
    expect([config.tokens.map(({ name }) => name), config.apps.map(({ name }) => name)]).toEqual([['management'], ['nightly-report']]);
  });

  it('shows each key as it may be written, and none without a value', () => {
    const everything = configSample().replaceAll(/^#(?! \S)/gm, '');
    const value = parse(everything) as unknown;
    expect(configSchema.safeParse(value).error?.issues).toBeUndefined();
    expect(everything).not.toMatch(/: null$/m);
    expect(Object.keys(value as object)).toEqual(Object.keys(configJsonSchema().properties ?? {}));
  });
});
