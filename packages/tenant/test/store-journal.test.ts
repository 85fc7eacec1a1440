import { expect, it } from 'vitest';
import { shownLogEntry } from '../src/log/shown-log-entry.ts';
import type { LogEntry } from '../src/model/log-entry.ts';
import { aJournal, startMs } from './a-journal.ts';

it('shows an entry with the keys that the service’s have', async () => {
  const { journal, batches } = aJournal();
  const auth0Client = Buffer.from(JSON.stringify({ name: 'node-auth0', version: '7.1.0', more: 'x' })).toString('base64url');
  journal.write({
    type: 'seccft',
    description: 'Client Credentials for Access Token',
    clientId: 'c1',
    clientName: 'Worker',
    audience: 'https://api/',
    scope: 'read:a',
    ip: '127.0.0.1',
    userAgent: 'curl/8',
    auth0Client,
  });
  await journal.close();
  const [[entry]] = batches as [[LogEntry]];
  expect(entry).toMatchObject({ atMs: startMs, type: 'seccft', clientId: 'c1' });
  expect(shownLogEntry(entry, 'acme.example:8443')).toEqual({
    date: '2026-09-21T14:13:20.000Z',
    type: 'seccft',
    description: 'Client Credentials for Access Token',
    connection_id: '',
    client_id: 'c1',
    client_name: 'Worker',
    ip: '127.0.0.1',
    client_ip: '127.0.0.1',
    user_agent: 'curl/8',
    hostname: 'acme.example:8443',
    user_id: '',
    user_name: '',
    audience: 'https://api/',
    scope: 'read:a',
    auth0_client: { name: 'node-auth0', version: '7.1.0' },
    $event_schema: { version: '1.0.0' },
    environment_name: 'evertoken',
    tenant_name: 'acme',
    log_id: entry.id,
    _id: entry.id,
    isMobile: false,
  });
});

it('keeps an entry that is written over and over each time, under an id of its own', async () => {
  const { journal, batches, descriptions } = aJournal();
  const again = { type: 'seccft', description: 'again' } as const;
  for (const entry of [again, again, { ...again, description: 'other' }, again]) journal.write(entry);
  await journal.close();
  expect(descriptions()).toEqual(['again', 'again', 'other', 'again']);
  expect(new Set(batches.flat().map(({ id }) => id)).size).toBe(4);
});

it('takes no telemetry that is none, and no text without end', async () => {
  const { journal, batches } = aJournal();
  for (const auth0Client of ['%%%', Buffer.from('[1]').toString('base64url'), 'x'.repeat(10_000)]) {
    journal.write({ type: 'feccft', description: 'Unauthorized', auth0Client, userAgent: 'a'.repeat(10_000) });
  }
  await journal.close();
  for (const { event } of batches.flat()) {
    expect(event).not.toHaveProperty('auth0_client');
    expect(event['user_agent']).toHaveLength(512);
  }
  expect(batches.flat()).toHaveLength(3);
});

it('writes nothing at once, and many in one go when the time comes', async () => {
  const { journal, timers, batches, descriptions } = aJournal();
  for (const description of ['one', 'two', 'three']) journal.write({ type: 'seccft', description });
  expect([batches, timers.length]).toEqual([[], 1]);
  timers[0]?.wake();
  await journal.flush();
  expect([batches.length, descriptions()]).toEqual([1, ['one', 'two', 'three']]);
});

it('writes at once when there are enough, most of what has come meanwhile after that, and others have a turn between', async () => {
  const { journal, writeMany, batches, timers, descriptions } = aJournal();
  writeMany(1_300);
  for (const written of [1, 2]) {
    await expect.poll(() => batches.length).toBe(written);
    await expect.poll(() => timers.map(({ delayMs }) => delayMs)).toEqual([1]);
    timers[0]?.wake();
  }
  await expect.poll(() => batches.length).toBe(3);
  await expect.poll(() => timers.at(-1)?.delayMs).toBe(250);
  await journal.close();
  expect(batches.map(({ length }) => length)).toEqual([250, 500, 500, 50]);
  expect(descriptions()).toEqual(Array.from({ length: 1_300 }, (_, number) => String(number)));
});

it('holds what the store does not take, tells once, and writes it in order when it is back', async () => {
  const { journal, state, lines, timers, descriptions } = aJournal();
  state.isAway = true;
  journal.write({ type: 'seccft', description: 'one' });
  await journal.flush();
  journal.write({ type: 'seccft', description: 'two' });
  await journal.flush();
  expect(lines.map(({ event }) => event)).toEqual(['logs.unwritten']);
  expect(timers).toHaveLength(1);
  state.isAway = false;
  await journal.flush();
  expect(descriptions()).toEqual(['one', 'two']);
});

it('holds 20 000 at most, and tells how many were lost', async () => {
  const { journal, writeMany, state, lines, descriptions } = aJournal();
  state.isAway = true;
  writeMany(1);
  await journal.flush();
  writeMany(20_005);
  state.isAway = false;
  await journal.flush();
  expect(descriptions()).toHaveLength(20_001);
  expect(lines.find(({ event }) => event === 'logs.lost')).toMatchObject({ lost: 5 });
});

it('holds no more than 32 million characters, however few the entries, and writes long ones in batches of a million', async () => {
  const { journal, state, lines, batches } = aJournal();
  const details = { body: 'x'.repeat(400_000) };
  state.isAway = true;
  for (let number = 0; number < 100; number += 1) journal.write({ type: 'sapi', description: String(number), details });
  await journal.flush();
  state.isAway = false;
  await journal.flush();
  const written = batches.flat().length;
  expect(written).toBeGreaterThanOrEqual(80);
  expect(written).toBeLessThan(85);
  expect(lines.find(({ event }) => event === 'logs.lost')).toMatchObject({ lost: 100 - written });
  expect(new Set(batches.map(({ length }) => length))).toEqual(new Set([2]));
  journal.write({ type: 'seccft', description: 'later' });
  await journal.flush();
  expect(batches.flat()).toHaveLength(written + 1);
});

it('writes an entry that is longer than a batch by itself', async () => {
  const { journal, batches } = aJournal();
  const long = { body: 'x'.repeat(1_100_000) };
  for (const details of [{}, long, {}]) journal.write({ type: 'sapi', description: 'x', details });
  await journal.close();
  expect(batches.map(({ length }) => length)).toEqual([1, 1, 1]);
});

it('tells of a failure anew after the store was back, and goes on trying until then', async () => {
  const { journal, state, lines, timers, descriptions } = aJournal();
  for (const description of ['one', 'two']) {
    state.isAway = true;
    journal.write({ type: 'seccft', description });
    await journal.flush();
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([250]);
    state.isAway = false;
    timers[0]!.wake();
    await expect.poll(() => timers).toEqual([]);
  }
  expect(descriptions()).toEqual(['one', 'two']);
  expect(lines.map(({ event }) => event)).toEqual(['logs.unwritten', 'logs.unwritten']);
});

it('tells what was lost where the store is still away at its close, and tries nothing after that', async () => {
  const { journal, state, lines, timers, batches } = aJournal();
  state.isAway = true;
  journal.write({ type: 'seccft', description: 'first' });
  await journal.flush();
  journal.write({ type: 'seccft', description: 'second' });
  await journal.close();
  state.isAway = false;
  journal.write({ type: 'seccft', description: 'too late' });
  expect([timers, batches]).toEqual([[], []]);
  expect(lines.filter(({ event }) => event === 'logs.lost').map(({ lost }) => lost)).toEqual([2, 1]);
});

it('writes on while old entries are being removed, and waits for the removal at its close', async () => {
  const { journal, state, prunes, descriptions } = aJournal();
  let endPruning = (): void => undefined;
  state.pruning = new Promise((resolve) => {
    endPruning = resolve;
  });
  for (const description of ['one', 'two']) {
    journal.write({ type: 'seccft', description });
    await journal.flush();
  }
  expect([descriptions(), prunes.length]).toEqual([['one', 'two'], 1]);
  let isClosed = false;
  const closed = journal.close().then(() => {
    isClosed = true;
  });
  for (let count = 0; count < 10; count += 1) await journal.flush();
  expect(isClosed).toBe(false);
  endPruning();
  await closed;
});

it('loses nothing at close, also of what came while a batch was written', async () => {
  const { journal, state, descriptions, timers } = aJournal();
  let release = (): void => undefined;
  state.hold = new Promise((resolve) => {
    release = resolve;
  });
  journal.write({ type: 'seccft', description: 'first' });
  void journal.flush();
  journal.write({ type: 'seccft', description: 'second' });
  const closed = journal.close();
  release();
  await closed;
  expect([descriptions(), timers]).toEqual([['first', 'second'], []]);
});

it('removes what is too old or too much, once a minute', async () => {
  const { journal, clock, prunes } = aJournal();
  const flushAfter = async (ms: number): Promise<void> => {
    clock.nowMs += ms;
    journal.write({ type: 'seccft', description: 'x' });
    await journal.flush();
  };
  await flushAfter(0);
  await flushAfter(59_999);
  expect(prunes).toEqual([{ olderThanMs: startMs - 1_000, keep: 10 }]);
  await flushAfter(1);
  expect(prunes).toHaveLength(2);
});

it('tells of all but tokens in the process log too', async () => {
  const { journal, lines } = aJournal();
  journal.write({ type: 'seccft', description: 'a token' });
  journal.write({ type: 'sapi', description: 'Create a client', clientId: 'c1' });
  await journal.close();
  expect(lines).toMatchObject([{ event: 'tenant.log', type: 'sapi', client_id: 'c1', msg: 'Create a client' }]);
});
