import { existsSync, readFileSync } from 'node:fs';
import { instrument } from '@evertoken/client/opentelemetry';
import { passTime, refuseWith } from '@evertoken/testkit';
import { context, metrics, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { type DataPoint, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aStage, failureOf, untilWaiting } from './stage.ts';

/** Collects when it is asked to, and at no other time. */
class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const stage = aStage();
let reader: ManualReader;
let meterProvider: MeterProvider;
let spans: InMemorySpanExporter;
let tracerProvider: BasicTracerProvider;

beforeEach(() => {
  reader = new ManualReader();
  meterProvider = new MeterProvider({ readers: [reader] });
  spans = new InMemorySpanExporter();
  tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
});
afterEach(async () => {
  await meterProvider.shutdown();
  await tracerProvider.shutdown();
});

/** A keeper that is reported to the SDK of the test. */
function anInstrumentedKeeper() {
  const keeper = stage.keeper();
  return { keeper, stop: instrument(keeper, { meterProvider, tracerProvider, clock: stage.clock }) };
}

/** What a metric reads now: its attributes and value, a histogram by its count and sum. */
async function reading(name: string) {
  const { resourceMetrics, errors } = await reader.collect();
  expect(errors).toEqual([]);
  const metric = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics).find(({ descriptor }) => descriptor.name === name);
  const points = (metric?.dataPoints ?? []) as DataPoint<number | { count: number; sum: number }>[];
  return points.map(({ attributes, value }) => ({
    ...attributes,
    value: typeof value === 'number' ? value : { count: value.count, sum: value.sum },
  }));
}

const orders = { 'evertoken.token.name': 'orders' };

describe('the metrics of a keeper', () => {
  it('count mints and failures and say how long they took', async () => {
    const { keeper } = anInstrumentedKeeper();
    stage.endpoint.answer((request, response) => {
      stage.clock.advance(250);
      return refuseWith(503, 'temporarily_unavailable', 'down')(request, response);
    });
    const kept = keeper.keep(stage.request, { name: 'orders' });
    await failureOf(kept.get());
    const failed = { ...orders, 'evertoken.mint.outcome': 'failed', 'error.type': 'temporarily_unavailable' };
    expect(await reading('evertoken.client.mints')).toEqual([{ ...failed, value: 1 }]);
    expect(await reading('evertoken.client.mint.duration')).toEqual([{ ...failed, value: { count: 1, sum: 0.25 } }]);

    stage.endpoint.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ access_token: 'token', token_type: 'Bearer', expires_in: 3_600 }));
    });
    await passTime(stage.clock, keeper, 2_000);
    expect(await reading('evertoken.client.mints')).toEqual([
      { ...failed, value: 1 },
      { ...orders, 'evertoken.mint.outcome': 'minted', value: 1 },
    ]);
  });

  it('tell the life and the runway of each held token, and 0 where none is held', async () => {
    const { keeper } = anInstrumentedKeeper();
    const kept = keeper.keep(stage.request, { name: 'orders' });
    expect(await reading('evertoken.client.token.remaining')).toEqual([{ ...orders, value: 0 }]);
    await kept.get();
    await passTime(stage.clock, keeper, 3_600_000);
    expect(await reading('evertoken.client.token.remaining')).toEqual([{ ...orders, value: 82_800 }]);
    expect(await reading('evertoken.client.token.runway')).toEqual([{ ...orders, value: 82_790 }]);
  });

  it('count the callers that wait', async () => {
    stage.endpoint.answer(() => undefined);
    const { keeper } = anInstrumentedKeeper();
    const kept = keeper.keep(stage.request, { name: 'orders' });
    const giveUp = new AbortController();
    const waiting = kept.get({ signal: giveUp.signal });
    await untilWaiting(kept);
    expect(await reading('evertoken.client.waiters')).toEqual([{ ...orders, value: 1 }]);
    giveUp.abort();
    await expect(waiting).rejects.toThrow();
    expect(await reading('evertoken.client.waiters')).toEqual([{ ...orders, value: 0 }]);
  });

  it('count rejections of the held token', async () => {
    const { keeper } = anInstrumentedKeeper();
    const kept = keeper.keep(stage.request, { name: 'orders' });
    const { fingerprint } = await kept.get();
    await kept.reject('0123456789abcdef');
    expect(await reading('evertoken.client.rejections')).toEqual([]);
    await kept.reject(fingerprint);
    expect(await reading('evertoken.client.rejections')).toEqual([{ ...orders, value: 1 }]);
  });

  it('go to the global provider where none is given', async () => {
    const keeper = stage.keeper();
    metrics.setGlobalMeterProvider(meterProvider);
    try {
      const stop = instrument(keeper);
      keeper.keep(stage.request, { name: 'orders' });
      expect(await reading('evertoken.client.token.runway')).toEqual([{ ...orders, value: 0 }]);
      stop();
    } finally {
      metrics.disable();
    }
  });

  it('come to an end with everything else when the report is ended', async () => {
    const { keeper, stop } = anInstrumentedKeeper();
    stop();
    await keeper.keep(stage.request).get();
    for (const name of ['mints', 'mint.duration', 'token.remaining', 'token.runway', 'waiters', 'rejections']) {
      expect(await reading(`evertoken.client.${name}`)).toEqual([]);
    }
    expect(spans.getFinishedSpans()).toEqual([]);
  });

  it('hold no token and no secret', async () => {
    const { keeper } = anInstrumentedKeeper();
    await keeper.keep(stage.request, { name: 'orders' }).get();
    const { resourceMetrics } = await reader.collect();
    const told = JSON.stringify([
      resourceMetrics,
      spans.getFinishedSpans().map(({ name, attributes, status }) => [name, attributes, status]),
    ]);
    expect(told).toContain('orders');
    expect(told).not.toMatch(/token-1|s3cret/);
  });
});

describe('the spans of a keeper', () => {
  it('show each mint from its beginning to its end', async () => {
    const { keeper } = anInstrumentedKeeper();
    const began = stage.clock.now();
    stage.endpoint.answer((_request, response) => {
      stage.clock.advance(250);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ access_token: 'token', token_type: 'Bearer', expires_in: 3_600 }));
    });
    const { fingerprint } = await keeper.keep(stage.request, { name: 'orders' }).get();
    const [span, ...others] = spans.getFinishedSpans();
    expect(others).toEqual([]);
    expect(span).toMatchObject({ name: 'mint', kind: SpanKind.CLIENT });
    expect(span?.attributes).toEqual({
      ...orders,
      'evertoken.token.fingerprint': fingerprint,
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(stage.endpoint.url).port),
    });
    expect(span?.startTime).toEqual([began / 1000, 0]);
    expect(span?.duration).toEqual([0, 250_000_000]);
    expect(span?.status).toEqual({ code: SpanStatusCode.UNSET });
  });

  it('stand in traces of their own, whoever caused the mint', async () => {
    const request = tracerProvider.getTracer('test').startSpan('request');
    const duringRequest = trace.setSpan(ROOT_CONTEXT, request);
    context.setGlobalContextManager({
      active: () => duringRequest,
      with: (_context, work, that, ...args) => work.call(that as never, ...args),
      bind: (_context, target) => target,
      enable: () => context as never,
      disable: () => context as never,
    });
    try {
      await anInstrumentedKeeper().keeper.keep(stage.request).get();
    } finally {
      context.disable();
    }
    const [span] = spans.getFinishedSpans();
    expect(span?.parentSpanContext).toBeUndefined();
    expect(span?.spanContext().traceId).not.toBe(request.spanContext().traceId);
  });

  it('show why a mint failed', async () => {
    stage.endpoint.answer(refuseWith(401, 'invalid_client', 'no such client'));
    const { keeper } = anInstrumentedKeeper();
    const { message } = await failureOf(keeper.keep(stage.request, { name: 'orders' }).get());
    const [span] = spans.getFinishedSpans();
    expect(span?.attributes).toMatchObject({ ...orders, 'error.type': 'invalid_client', 'http.response.status_code': 401 });
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR, message });
  });

  it('name no server where tokens of one name come from several', async () => {
    const { keeper } = anInstrumentedKeeper();
    const other = new URL('/other', stage.endpoint.url).href;
    await Promise.all([
      keeper.keep(stage.request, { name: 'orders' }).get(),
      keeper.keep({ ...stage.request, tokenEndpoint: other }, { name: 'orders' }).get(),
    ]);
    expect(spans.getFinishedSpans().map(({ attributes }) => attributes['server.address'])).toEqual([undefined, undefined]);
  });
});

describe('a program without OpenTelemetry', () => {
  /** The packages that a source file loads, with all that it imports; types are no imports. */
  function packagesOf(entry: URL, seen = new Set<string>()): Set<string> {
    const packages = new Set<string>();
    if (seen.has(entry.href)) return packages;
    seen.add(entry.href);
    const source = readFileSync(entry, 'utf8');
    const imports = [
      ...source.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)'/gm),
      ...source.matchAll(/\bimport\('([^']+)'\)/g),
    ];
    for (const [, name = ''] of imports) {
      if (!name.startsWith('.')) packages.add(name);
      else for (const found of packagesOf(new URL(name, entry), seen)) packages.add(found);
    }
    return packages;
  }

  const sources = new URL('../src/', import.meta.url);

  it.each(['index.ts', 'use/adapters.ts', 'store/file/file-store.ts'])('does not load its API with %s', (entry) => {
    expect(existsSync(new URL(entry, sources))).toBe(true);
    expect([...packagesOf(new URL(entry, sources))]).not.toContain('@opentelemetry/api');
  });

  it('would be seen to load it with the instrumentation', () => {
    expect([...packagesOf(new URL('use/opentelemetry.ts', sources))]).toContain('@opentelemetry/api');
    expect([...packagesOf(new URL('index.ts', sources))]).toContain('oauth4webapi');
  });
});
