import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withAgent } from './run-command.ts';

describe('the fields of evertoken call', () => {
  it('make a JSON body, as text or typed, nested and as lists', async () => {
    const { run, seen, cwd } = await withAgent({ '/api/v2/clients': [201, {}] });
    await writeFile(join(cwd, 'about.txt'), 'from a file');
    const fields = ['-f', 'name=a=b', '-f', 'zip=007', '-F', 'active=true', '-F', 'count=42', '-F', 'none=null', '-F', 'about=@about.txt'];
    const nested = [
      '-f',
      'jwt_configuration[alg]=RS256',
      '-F',
      'jwt_configuration[lifetime_in_seconds]=36000',
      '-f',
      'grant_types[]=x',
      '-f',
      'grant_types[]=y',
    ];
    expect(await run('call', 'POST', '/api/v2/clients', ...fields, ...nested)).toBe(0);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      name: 'a=b',
      zip: '007',
      active: true,
      count: 42,
      none: null,
      about: 'from a file',
      jwt_configuration: { alg: 'RS256', lifetime_in_seconds: 36_000 },
      grant_types: ['x', 'y'],
    });
  });

  it('are the query of a GET', async () => {
    const { run, seen } = await withAgent({ '/api/v2/clients?page=0&fields=name%2Cclient_id&is_global=false': [200, []] });
    expect(await run('call', 'GET', '/api/v2/clients?page=0', '-f', 'fields=name,client_id', '-F', 'is_global=false')).toBe(0);
    expect(seen).toHaveLength(1);
  });

  it('stand beside a body that is given, with headers of their own', async () => {
    const { run, seen } = await withAgent({ '/api/v2/jobs?dry=1': [200, {}] }, { input: '<xml/>' });
    expect(
      await run('call', 'POST', '/api/v2/jobs', '--input', '-', '-H', 'Content-Type: text/xml', '-H', 'X-Trace: 1', '-f', 'dry=1'),
    ).toBe(0);
    expect(seen[0]).toMatchObject({ body: '<xml/>', headers: { 'content-type': 'text/xml', 'x-trace': '1' } });
  });

  it.each([
    ['a field without a value', ['-f', 'name'], 'key=value'],
    ['a key that is a value and has parts', ['-f', 'a=1', '-f', 'a[b]=2'], 'contradict'],
    ['a list that is an object', ['-f', 'a[b]=2', '-f', 'a[]=1'], 'contradict'],
    ['a header that ends a line', ['-H', 'X-A: 1\r\nX-B: 2'], 'Name: value'],
    ['a key in place of ours', ['-H', 'Authorization: Bearer x'], 'set by this command itself'],
    ['data and fields', ['--data', '{}', '-f', 'a=1'], 'cannot be used with'],
    ['a file that is not there', ['-F', 'a=@missing'], 'cannot be read'],
  ])('refuse %s before anything is sent', async (_case, options, message) => {
    const { run, terminal, seen } = await withAgent({});
    expect(await run('call', 'POST', '/api/v2/clients', ...options)).toBe(2);
    expect(terminal.printed.err).toContain(message);
    expect(seen).toEqual([]);
  });

  it('cannot reach the prototype of anything', async () => {
    const { run, seen } = await withAgent({ '/x': [200, {}] });
    expect(await run('call', 'POST', '/x', '-f', '__proto__[polluted]=yes')).toBe(0);
    expect(seen[0]?.body).toBe('{"__proto__":{"polluted":"yes"}}');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('evertoken call --paginate', () => {
  const items = (...ids: number[]) => ids.map((id) => ({ id }));
  const paged = (page: number) => `/api/v2/clients?page=${page}&per_page=100&include_totals=true`;

  it('follows totals', async () => {
    const { run, terminal } = await withAgent({
      [paged(0)]: [200, { start: 0, limit: 2, length: 2, total: 3, clients: items(1, 2) }],
      [paged(1)]: [200, { start: 2, limit: 2, length: 1, total: 3, clients: items(3) }],
    });
    expect(await run('call', 'GET', '/api/v2/clients', '--paginate')).toBe(0);
    expect(JSON.parse(terminal.printed.out)).toEqual(items(1, 2, 3));
  });

  it('follows bare arrays until one is empty', async () => {
    const { run, terminal } = await withAgent({
      '/list?page=0&per_page=2': [200, items(1, 2)],
      '/list?page=1&per_page=2': [200, items(3)],
      '/list?page=2&per_page=2': [200, []],
    });
    expect(await run('call', 'GET', '/list?page=0&per_page=2', '--paginate')).toBe(0);
    expect(JSON.parse(terminal.printed.out)).toEqual(items(1, 2, 3));
  });

  it('follows checkpoints', async () => {
    const { run, terminal } = await withAgent({
      '/api/v2/grants?take=2': [200, { next: 'abc', grants: items(1, 2) }],
      '/api/v2/grants?take=2&from=abc': [200, { grants: items(3) }],
    });
    expect(await run('call', 'GET', '/api/v2/grants?take=2', '--paginate')).toBe(0);
    expect(JSON.parse(terminal.printed.out)).toEqual(items(1, 2, 3));
  });

  it('follows links, and never to another host', async () => {
    const { run, terminal, seen } = await withAgent({
      '/api/v2/logs?take=1': [200, items(1), { link: '<https://evil.example/api/v2/logs?take=1&from=x>; rel="next"' }],
      '/api/v2/logs?take=1&from=x': [200, items(2)],
    });
    expect(await run('call', 'GET', '/api/v2/logs?take=1', '--paginate')).toBe(0);
    expect(JSON.parse(terminal.printed.out)).toEqual(items(1, 2));
    expect(seen).toHaveLength(2);
  });

  it.each(['?take=1&from=x', 'logs?take=1&from=x', './logs?take=1&from=x', '/api/v2/logs?take=1&from=x'])(
    'follows the relative link %s from what was asked for',
    async (link) => {
      const { run, terminal } = await withAgent({
        '/api/v2/logs?take=1': [200, items(1), { link: `<${link}>; rel="next"` }],
        '/api/v2/logs?take=1&from=x': [200, items(2)],
      });
      expect(await run('call', 'GET', '/api/v2/logs?take=1', '--paginate')).toBe(0);
      expect(JSON.parse(terminal.printed.out)).toEqual(items(1, 2));
    },
  );

  it.each(['/proxy/other/api/v2/logs', '/oauth/token', '/api/v2/logs/../clients', '/proxy/orders/api/v2/logs'])(
    'follows no link to another path, as %s',
    async (path) => {
      const { run, terminal, seen } = await withAgent({
        '/proxy/orders/api/v2/logs?take=1': [200, items(1), { link: `<${path}?take=1&from=x>; rel="next"` }],
      });
      expect(await run('call', 'GET', '/api/v2/logs?take=1', '--paginate', '--token', 'orders')).toBe(1);
      expect(terminal.printed.err).toContain('goes on at another path');
      expect(seen).toHaveLength(1);
    },
  );

  it('keeps all of a query with another `?` in it, page size included', async () => {
    const logs = '/api/v2/logs?q=path:%22/a?b=1%22';
    const asked = (page: number) => `/api/v2/logs?q=path%3A%22%2Fa%3Fb%3D1%22&per_page=1&page=${page}`;
    const { run, terminal, seen } = await withAgent({
      [`${logs}&per_page=1&page=0`]: [200, items(1)],
      [asked(1)]: [200, items(2)],
      [asked(2)]: [200, []],
    });
    expect(await run('call', 'GET', `${logs}&per_page=1&page=0`, '--paginate')).toBe(0);
    expect(JSON.parse(terminal.printed.out)).toEqual(items(1, 2));
    expect(seen).toHaveLength(3);
  });

  it('adds pages to a query with another `?` in it', async () => {
    const { run, terminal } = await withAgent({
      '/api/v2/clients?q=%3Fa%3F&page=0&per_page=100&include_totals=true': [200, { start: 0, total: 1, clients: items(1) }],
    });
    expect(await run('call', 'GET', '/api/v2/clients?q=?a?', '--paginate')).toBe(0);
    expect(JSON.parse(terminal.printed.out)).toEqual(items(1));
  });

  it('takes a list that knows no pages once', async () => {
    const list = [200, items(1)] as const;
    const { run, terminal } = await withAgent({ '/list?page=0': list, '/list?page=1': list });
    expect(await run('call', 'GET', '/list?page=0', '--paginate')).toBe(0);
    expect(JSON.parse(terminal.printed.out)).toEqual(items(1));
  });

  it('prints the refusal of a page and ends with code 1', async () => {
    const { run, terminal } = await withAgent({ [paged(0)]: [403, { error: 'Forbidden' }] });
    expect(await run('call', 'GET', '/api/v2/clients', '--paginate')).toBe(1);
    expect(terminal.printed.out).toBe('{"error":"Forbidden"}\n');
  });

  it('does not go in circles', async () => {
    const { run, terminal } = await withAgent({ '/list?from=a': [200, { next: 'a', list: items(1) }] });
    expect(await run('call', 'GET', '/list?from=a', '--paginate')).toBe(1);
    expect(terminal.printed.err).toContain('in a circle');
  });

  it.each([
    ['what is no list', { '/thing': [200, { name: 'x' }] as const }, ['GET', '/thing'], 1, 'did not answer with a list'],
    ['a POST', {}, ['POST', '/thing'], 2, 'Only a GET'],
  ])('refuses %s', async (_case, answers, args, code, message) => {
    const { run, terminal } = await withAgent(answers);
    expect(await run('call', ...args, '--paginate')).toBe(code);
    expect(terminal.printed.err).toContain(message);
  });
});

describe('evertoken call at a terminal', () => {
  it('shows a list of objects as a table of the columns that fit, and says what it leaves out', async () => {
    const clients = [
      { tenant: 'acme', name: 'Report', client_id: 'abc', callbacks: [], description: 'x'.repeat(300) },
      { tenant: 'acme', name: 'evil\u009b31m', client_id: 'def', callbacks: [], description: 'y' },
    ];
    const { run, terminal } = await withAgent({ '/api/v2/clients': [200, clients] }, { isTerminal: true, columns: 60 });
    expect(await run('call', 'GET', '/api/v2/clients')).toBe(0);
    const { out } = terminal.printed;
    expect(out).toMatch(/│ name\s+│ client_id │ tenant │/);
    expect(out).toContain('│ evil�31m │ def       │ acme   │');
    expect(out).toContain('2 rows; 2 more fields with --json');
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  it('shows one object as JSON, also where it has a list', async () => {
    const { run, terminal } = await withAgent({ '/one': [200, { name: 'x', grants: [{ id: 1 }] }] }, { isTerminal: true });
    expect(await run('call', 'GET', '/one')).toBe(0);
    expect(terminal.printed.out).toContain('{\n  "name": "x",');
  });
});
