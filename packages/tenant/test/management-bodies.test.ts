import { describe, expect, it } from 'vitest';
import { type AdministeredTenant, administeredTenant, refusal } from './administered-tenant.ts';

const form = 'application/x-www-form-urlencoded';
const largest = 1_048_576;
const invalid = (message: string): object => refusal(400, 'Bad Request', message, 'invalid_body');
const unknown = (names: string): object => invalid(`Payload validation error: 'Additional properties not allowed: ${names}'.`);

async function sending(): Promise<{
  tenant: AdministeredTenant;
  send: (body: string | Uint8Array, type?: string, path?: string) => Promise<Record<string, unknown>>;
}> {
  const tenant = await administeredTenant();
  const token = await tenant.tokenWith('create:clients', 'create:resource_servers', 'create:organizations');
  return {
    tenant,
    send: async (body, type = 'application/json', path = '/clients') => {
      const response = await tenant.api(path, { method: 'POST', token, headers: { 'content-type': type }, body: Buffer.from(body) });
      return (await response.json()) as Record<string, unknown>;
    },
  };
}

describe('a body of the Management API', () => {
  it('may be a form: nested, repeated, typed by what the API expects', async () => {
    const { send } = await sending();
    const client = new URLSearchParams([
      ['name', 'Form'],
      ['client_metadata[team]', 'a'],
      ['callbacks[]', 'https://a'],
      ['callbacks[]', 'https://b'],
      ['allowed_origins[1]', 'https://second'],
      ['allowed_origins[0]', 'https://first'],
      ['jwt_configuration[lifetime_in_seconds]', '60'],
      ['oidc_conformant', 'true'],
    ]);
    expect(await send(client.toString(), `${form}; charset=utf-8`)).toMatchObject({
      client_metadata: { team: 'a' },
      callbacks: ['https://a', 'https://b'],
      allowed_origins: ['https://first', 'https://second'],
      jwt_configuration: { lifetime_in_seconds: 60 },
      oidc_conformant: true,
    });
    const api = 'identifier=urn%3Aform&scopes[0][value]=read%3Aa&scopes[1][value]=read%3Ab&scopes[1][description]=B&token_lifetime=60';
    expect(await send(api, form, '/resource-servers')).toMatchObject({
      scopes: [{ value: 'read:a' }, { value: 'read:b', description: 'B' }],
      token_lifetime: 60,
    });
  });

  it('is judged as a form by the same rules', async () => {
    const { send } = await sending();
    expect(await send('', form)).toEqual(invalid("Payload validation error: 'Missing required property: name'."));
    expect(await send('name=a&surname=b&name[c]=d', form)).toMatchObject({
      message: expect.stringContaining('found type array') as string,
    });
    expect(await send('name=a&oidc_conformant=yes', form)).toMatchObject({
      message: expect.stringContaining('Expected type boolean but found type string') as string,
    });
    expect(await send('name=a%00b', form)).toEqual(invalid("Payload validation error: 'The character U+0000 is not allowed'."));
    expect(await send('name=a&a[b][c][d][e][f][g][h][i]=1', form)).toEqual(unknown('a[b][c][d][e][f][g][h][i]'));
  });

  it('has a megabyte at most, to the byte', async () => {
    const { send } = await sending();
    const filled = (size: number): string => `{"name":"a"${' '.repeat(size - 12)}}`;
    expect(await send(filled(largest))).toMatchObject({ name: 'a', client_id: expect.any(String) as string });
    expect(await send(filled(largest + 1))).toEqual(
      refusal(413, 'Payload Too Large', `Payload content length greater than maximum allowed: ${largest}`),
    );
  });

  it('is JSON or a form', async () => {
    const { send } = await sending();
    const type = 'Content-Type must be application/json or application/x-www-form-urlencoded';
    for (const given of ['text/plain', 'application/xml', 'multipart/form-data; boundary=a', 'application/json-patch+json']) {
      expect(await send('{"name":"a"}', given)).toEqual(refusal(415, 'Unsupported Media Type', type));
    }
    expect(await send('{"name":"a"}', 'Application/JSON ; charset=utf-8')).toMatchObject({ name: 'a' });
    const latin = 'application/json; charset=latin1';
    for (const type of [latin, 'application/json;Charset="ISO-8859-1"', `${form}; charset=utf-16`]) {
      expect(await send('{"name":"a"}', type)).toEqual(refusal(415, 'Unsupported Media Type', 'The charset of Content-Type must be utf-8'));
    }
    expect(await send('{"name":"a"}', 'application/json; charset="UTF-8"')).toMatchObject({ name: 'a' });
    expect(await send(Buffer.from([0x22, 0xff, 0x22]))).toEqual(invalid('Invalid request payload: it is not UTF-8'));
    for (const broken of ['{', '{"name":"a"}x', "{'name':'a'}", '{"name":"a",}', 'NaN', '﻿{']) {
      expect(await send(broken)).toEqual(invalid('Invalid request payload JSON format'));
    }
    for (const [json, type] of [
      ['null', 'null'],
      ['1', 'integer'],
      ['"a"', 'string'],
      ['[]', 'array'],
    ] as const) {
      expect(await send(json)).toEqual(invalid(`Payload validation error: 'Expected type object but found type ${type}'.`));
    }
    expect(await send('{"name":"a\\u0000b"}')).toEqual(invalid("Payload validation error: 'The character U+0000 is not allowed'."));
    expect(await send('{"name":"a\\\\u0000b"}')).toMatchObject({ name: 'a\\u0000b' });
    for (const half of ['{"name":"\\ud800"}', '{"name":"a","client_metadata":{"\\udc00":"v"}}']) {
      expect(await send(half)).toEqual(invalid("Payload validation error: 'Half of a pair of surrogates is not allowed'."));
    }
    expect(await send('{"name":"\\ud83d\\ude00"}')).toMatchObject({ name: '\u{1f600}' });
  });

  it('is not nested without end', async () => {
    const { send } = await sending();
    const deep = invalid('Invalid request payload: it is nested more than 64 levels deep');
    const nested = (levels: number): string => `{"name":"a","addons":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(await send(nested(64))).toEqual(deep);
    expect(await send(nested(500_000))).toEqual(deep);
    expect(await send(`{"name":"a","addons":${'{"a":'.repeat(150_000)}`)).toEqual(deep);
    expect(await send('['.repeat(largest))).toEqual(deep);
    expect(await send(`{"name":"${'['.repeat(100)}"}`)).toMatchObject({ name: '['.repeat(100) });
  });

  it('changes no prototype', async () => {
    const { send } = await sending();
    for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
      const value = name === '__proto__' ? '{"is_first_party":false,"polluted":true}' : '{"prototype":{"polluted":true}}';
      expect(await send(`{"name":"a","${name}":${value}}`)).toEqual(unknown(name));
      expect(await send(`name=a&${name}[polluted]=true`, form)).toEqual(unknown(name));
      const metadata = await send(`{"name":"a","client_metadata":{"${name}":"kept"}}`);
      if (name === '__proto__') expect(metadata).toEqual(unknown(name));
      else expect(Object.entries(metadata['client_metadata'] as object)).toEqual([[name, 'kept']]);
    }
    expect({}).not.toHaveProperty('polluted');
  });

  it('is refused shortly, however much is wrong with it', async () => {
    const { send } = await sending();
    const bombs: [body: string, type?: string | undefined, path?: string][] = [
      [JSON.stringify({ name: 'a', callbacks: Array.from({ length: 150_000 }, () => null) })],
      [JSON.stringify(Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`key${at}`, at])))],
      [JSON.stringify({ name: 'a', grant_types: Array.from({ length: 100_000 }, (_, at) => `g${at}`) })],
      [JSON.stringify({ ['x'.repeat(1_000_000)]: 1 })],
      [JSON.stringify({ name: 'a', app_type: 'x'.repeat(1_000_000) })],
      [`${'a&'.repeat(400_000)}name=a`, form],
      [Array.from({ length: 60_000 }, (_, at) => `k${at}=1`).join('&'), form],
      [`name${'[a]'.repeat(300_000)}=1`, form],
      [
        JSON.stringify({ name: 'a', metadata: Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`k${at}`, 'v'])) }),
        undefined,
        '/organizations',
      ],
      [
        JSON.stringify({ identifier: 'urn:a', scopes: Array.from({ length: 40_000 }, () => ({ value: 'same' })) }),
        undefined,
        '/resource-servers',
      ],
    ];
    for (const [body, type, path] of bombs) {
      const answer = await send(body, type, path);
      expect(answer).toMatchObject({ statusCode: 400, errorCode: 'invalid_body' });
      expect(String(answer['message']).length).toBeLessThanOrEqual(1_001);
    }
    expect(await send('{"name":"after"}')).toMatchObject({ name: 'after' });
  }, 60_000);
});
