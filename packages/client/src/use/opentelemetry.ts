import { type Meter, type MeterProvider, metrics, SpanKind, SpanStatusCode, type TracerProvider, trace } from '@opentelemetry/api';
import { type Clock, systemClock } from '../clock.ts';
import type { TokenKeeperEvent, TokenKeeperEvents } from '../events.ts';
import type { KeptTokenStatus } from '../status.ts';

/** Where {@link instrument} sends what it sees. */
export interface InstrumentOptions {
  /** Default: the global one, which does nothing until an SDK is registered. */
  readonly meterProvider?: MeterProvider;
  /** Default: the global one, which does nothing until an SDK is registered. */
  readonly tracerProvider?: TracerProvider;
  /** The keeper's, where it has one of its own. Default: the machine's. */
  readonly clock?: Pick<Clock, 'now'>;
}

/** What {@link instrument} needs of a keeper; a `TokenKeeper` is one. */
export interface ObservedKeeper {
  /** The tokens that it keeps. */
  readonly kept: readonly { readonly name: string; status(): KeptTokenStatus }[];
  /** Listens to `event`; the answer ends that. */
  on<E extends TokenKeeperEvent>(event: E, listener: (detail: TokenKeeperEvents[E]) => void): () => void;
}

/** One attempt to mint, from either of its events. */
interface Mint {
  readonly name: string;
  readonly durationMs: number;
  readonly fingerprint?: string;
  readonly failure?: Pick<TokenKeeperEvents['failed'], 'code' | 'message' | 'details'>;
}

const SCOPE = '@evertoken/client';

/**
 * Reports a keeper to OpenTelemetry; the answer is a function that ends it. Tokens of one name are not told apart: see `name` of `TokenKeeper.keep`.
 *
 * Metrics, each with the attribute `evertoken.token.name`:
 * - `evertoken.client.mints`, counter: attempts, `evertoken.mint.outcome` = `minted` or `failed`, and then `error.type` = the error's code;
 * - `evertoken.client.mint.duration`, histogram in s, with the same attributes;
 * - `evertoken.client.token.remaining`, gauge in s: life of the held token, 0 where none is held;
 * - `evertoken.client.token.runway`, gauge in s: for how long callers are served if the issuer never answers again;
 * - `evertoken.client.waiters`, up-down counter: callers that wait for a mint;
 * - `evertoken.client.rejections`, counter: rejections (401) of the held token that callers told.
 *
 * Each mint is a span `mint` of kind CLIENT in a trace of its own, with `evertoken.token.name`, `evertoken.token.fingerprint`, `server.address`,
 * `server.port`, and where it failed `error.type`, `http.response.status_code`.
 */
export function instrument(keeper: ObservedKeeper, options: InstrumentOptions = {}): () => void {
  const meter = (options.meterProvider ?? metrics.getMeterProvider()).getMeter(SCOPE);
  const recordMint = mintMetrics(meter);
  const traceMint = mintSpans(keeper, options.tracerProvider ?? trace.getTracerProvider(), options.clock ?? systemClock);
  const rejections = meter.createCounter('evertoken.client.rejections', {
    description: 'Rejections (401) of the held token that callers told.',
    unit: '{rejection}',
  });
  const onMint = (mint: Mint): void => {
    recordMint(mint);
    traceMint(mint);
  };
  const ends = [
    keeper.on('minted', ({ name, durationMs, fingerprint }) => onMint({ name, durationMs, fingerprint })),
    keeper.on('failed', ({ name, durationMs, ...failure }) => onMint({ name, durationMs, failure })),
    keeper.on('rejected', ({ name }) => rejections.add(1, { 'evertoken.token.name': name })),
    observeTokens(keeper, meter),
  ];
  return () => {
    for (const end of ends) end();
  };
}

function mintMetrics(meter: Meter): (mint: Mint) => void {
  const mints = meter.createCounter('evertoken.client.mints', { description: 'Attempts to mint a token.', unit: '{mint}' });
  const durations = meter.createHistogram('evertoken.client.mint.duration', {
    description: 'How long attempts to mint a token took.',
    unit: 's',
    // Those of the semantic conventions for the duration of an HTTP client's request.
    advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] },
  });
  return ({ name, durationMs, failure }) => {
    const attributes = {
      'evertoken.token.name': name,
      'evertoken.mint.outcome': failure === undefined ? 'minted' : 'failed',
      ...(failure === undefined ? {} : { 'error.type': failure.code }),
    };
    mints.add(1, attributes);
    durations.record(durationMs / 1000, attributes);
  };
}

function mintSpans(keeper: Pick<ObservedKeeper, 'kept'>, provider: TracerProvider, clock: Pick<Clock, 'now'>): (mint: Mint) => void {
  const tracer = provider.getTracer(SCOPE);
  return ({ name, durationMs, fingerprint, failure }) => {
    const endTime = clock.now();
    const span = tracer.startSpan('mint', {
      kind: SpanKind.CLIENT,
      // A mint serves all callers; the context it happens to run in may be that of a request which ended long ago.
      root: true,
      startTime: endTime - durationMs,
      attributes: {
        'evertoken.token.name': name,
        ...(fingerprint === undefined ? {} : { 'evertoken.token.fingerprint': fingerprint }),
        ...serverOf(keeper, name),
      },
    });
    if (failure !== undefined) {
      span.setAttribute('error.type', failure.code);
      if (failure.details.status !== undefined) span.setAttribute('http.response.status_code', failure.details.status);
      span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
    }
    span.end(endTime);
  };
}

/** The issuer's address; nothing where tokens of that name have several. */
function serverOf(keeper: Pick<ObservedKeeper, 'kept'>, name: string): { 'server.address'?: string; 'server.port'?: number } {
  const [endpoint, ...others] = new Set(
    keeper.kept.filter((kept) => kept.name === name).map((kept) => kept.status().request.tokenEndpoint),
  );
  if (endpoint === undefined || others.length > 0) return {};
  const { hostname, port, protocol } = new URL(endpoint);
  return { 'server.address': hostname, 'server.port': Number(port || (protocol === 'https:' ? 443 : 80)) };
}

function observeTokens(keeper: Pick<ObservedKeeper, 'kept'>, meter: Meter): () => void {
  const remaining = meter.createObservableGauge('evertoken.client.token.remaining', {
    description: 'How long the held token lives; 0 where none is held.',
    unit: 's',
  });
  const runway = meter.createObservableGauge('evertoken.client.token.runway', {
    description: 'For how long callers are served if the issuer never answers again.',
    unit: 's',
  });
  const waiters = meter.createObservableUpDownCounter('evertoken.client.waiters', {
    description: 'Callers that wait for a mint.',
    unit: '{caller}',
  });
  const observables = [remaining, runway, waiters];
  const observe: Parameters<Meter['addBatchObservableCallback']>[0] = (result) => {
    for (const kept of keeper.kept) {
      const attributes = { 'evertoken.token.name': kept.name };
      const status = kept.status();
      result.observe(remaining, status.token?.remainingSeconds ?? 0, attributes);
      result.observe(runway, status.token?.runwaySeconds ?? 0, attributes);
      result.observe(waiters, status.waiters, attributes);
    }
  };
  meter.addBatchObservableCallback(observe, observables);
  return () => meter.removeBatchObservableCallback(observe, observables);
}
