import { confidentialTarget } from './confidential-target.ts';
import { listenTo, type Patience, type PatientOptions, waitPatiently } from './patience.ts';
import { isFromTarget, replacementOf } from './replay.ts';
import type { GivenToken, TokenGiver } from './token-giver.ts';

/** What {@link authorizeAxios} reads of the configuration of an axios request. */
export interface AxiosConfig {
  adapter?: unknown;
  cancelToken?: unknown;
  data?: unknown;
  headers?: unknown;
  signal?: unknown;
  timeout?: unknown;
}

/** What {@link authorizeAxios} needs of an axios 1 instance. */
export interface AxiosLike<Config extends AxiosConfig> {
  readonly interceptors: {
    readonly request: {
      use(onFulfilled: (config: Config) => Config | Promise<Config>): number;
      eject(id: number): void;
    };
  };
  create(): { request(config: NoInfer<Config>): Promise<AxiosResponse> };
  getUri(config: NoInfer<Config>): string;
}

/** What {@link authorizeAxios} reads of an axios response. */
export interface AxiosResponse {
  status: number;
  data: unknown;
  config: unknown;
  request?: unknown;
}

type Send<Config> = (config: Config) => Promise<AxiosResponse>;

/**
 * Gives every request of an axios instance the token, and sends it once more with another one after a 401, if its body can be sent again (none, or at
 * most 64 KiB of text or bytes). Works below the instance's interceptors, which see one request and one answer whatever their order.
 * The answer is a function that ends it.
 *
 * Requests reject with a `TypeError` for a URL that is neither https nor loopback, and with a `TokenError` where there is no token.
 */
export function authorizeAxios<Config extends AxiosConfig>(
  instance: AxiosLike<Config>,
  giver: TokenGiver,
  { clock }: PatientOptions = {},
): () => void {
  // One without interceptors: the instance's own have run, or are yet to run, on the one request that the program made.
  const bare = instance.create();
  const ours = new WeakSet<object>();
  const id = instance.interceptors.request.use((config) => {
    const { adapter } = config;
    // A program that retries with the configuration of an answer brings the adapter back.
    if (typeof adapter === 'function' && ours.has(adapter)) return config;
    const send: Send<Config> = (transformed) => sendOnly(bare, transformed, adapter);
    const authorized: Send<Config> = (transformed) =>
      sendAuthorized(send, transformed, { url: instance.getUri(transformed), giver, clock });
    ours.add(authorized);
    return Object.assign(config, { adapter: authorized });
  });
  return () => instance.interceptors.request.eject(id);
}

async function sendAuthorized<Config extends AxiosConfig>(
  send: Send<Config>,
  config: Config,
  { url, giver, clock }: { readonly url: string; readonly giver: TokenGiver; readonly clock: PatientOptions['clock'] },
): Promise<AxiosResponse> {
  const target = confidentialTarget(url);
  const patience = patienceOf(config);
  const failLate = () => {
    throw lateError(config);
  };
  // Given up before it was sent: axios itself says so, in its own words.
  if (isGivenUp(config)) return send(config);
  const token = await waitPatiently(patience, (signal) => giver.get({ signal }), failLate, clock).catch((error: unknown) => {
    if (!isGivenUp(config)) throw error;
  });
  if (token === undefined) return send(config);
  const first = await settled(send(withToken(config, token)), config);
  if (first.response?.status !== 401 || !isFromTarget(lastUrlOf(first.response), target)) return outcomeOf(first);
  const other = await waitPatiently(
    patience,
    (signal) => replacementOf(token, giver, { body: config.data, signal }),
    () => undefined,
    clock,
  ).catch((error: unknown) => {
    if (!isGivenUp(config)) throw error;
  });
  if (isGivenUp(config)) return send(config);
  if (other === undefined) return outcomeOf(first);
  discard(first.response.data);
  return outcomeOf(await settled(send(withToken(config, other)), config));
}

/** What ends an axios request ends the wait for its token. */
function patienceOf({ signal, cancelToken, timeout }: AxiosConfig): Patience {
  return {
    timeoutMs: Number(timeout ?? 0),
    listen: (end) => {
      const forget = listenTo(signal, end);
      if (!isCancelToken(cancelToken)) return forget;
      cancelToken.subscribe(end);
      return () => {
        forget();
        cancelToken.unsubscribe(end);
      };
    },
  };
}

interface CancelToken {
  readonly reason?: unknown;
  subscribe(listener: (reason: unknown) => void): void;
  unsubscribe(listener: (reason: unknown) => void): void;
}

function isCancelToken(token: unknown): token is CancelToken {
  return typeof token === 'object' && token !== null && 'subscribe' in token;
}

/** Whether axios sends it no more, and rejects with an error of its own instead. */
function isGivenUp({ signal, cancelToken }: AxiosConfig): boolean {
  return (signal as Partial<AbortSignal> | undefined)?.aborted === true || (isCancelToken(cancelToken) && cancelToken.reason !== undefined);
}

/** As axios tells that an answer did not come in time. */
function lateError<Config extends AxiosConfig>(config: Config): Error {
  const told = { name: 'AxiosError', isAxiosError: true, code: 'ECONNABORTED', config };
  return Object.assign(new Error(`timeout of ${Number(config.timeout)}ms exceeded, waiting for a token`), told);
}

/** Where an answer came from: of Node.js after redirects, of a browser, else unknown. */
function lastUrlOf({ request }: AxiosResponse): string | undefined {
  const { res, responseURL } = (request ?? {}) as { res?: { responseUrl?: string }; responseURL?: string };
  return res?.responseUrl ?? responseURL;
}

/** Sends what the instance has transformed already, and leaves the answer to be transformed by the instance. */
function sendOnly<Config extends AxiosConfig>(bare: { request: Send<Config> }, config: Config, adapter: unknown): Promise<AxiosResponse> {
  return bare.request({ ...config, adapter, transformRequest: [unchanged], transformResponse: [unchanged] });
}

function unchanged<T>(data: T): T {
  return data;
}

function withToken<Config extends AxiosConfig>(config: Config, token: GivenToken): Config {
  return { ...config, headers: { ...(config.headers as Record<string, unknown> | undefined), authorization: token.authorization } };
}

interface Settled {
  readonly response: AxiosResponse | undefined;
  readonly failure?: { readonly error: unknown };
}

/** What came of a request; which statuses are failures is the program's choice (`validateStatus`). */
async function settled(sending: Promise<AxiosResponse>, config: AxiosConfig): Promise<Settled> {
  try {
    const response = await sending;
    response.config = config;
    hideRequest(response);
    return { response };
  } catch (error) {
    if (typeof error !== 'object' || error === null) return { response: undefined, failure: { error } };
    const failed = error as { config?: unknown; request?: unknown; response?: AxiosResponse };
    // The configuration as the program knows it, so that it can retry with it, and so that the token is not in the error.
    if (failed.config !== undefined) failed.config = config;
    hideRequest(failed);
    if (failed.response !== undefined) {
      failed.response.config = config;
      hideRequest(failed.response);
    }
    return { response: failed.response, failure: { error } };
  }
}

/** Leaves the request that was sent, and the token in its headers, to who reads it: whoever prints or logs all of an answer or an error does not see it. */
function hideRequest(holder: { request?: unknown }): void {
  const { request } = holder;
  if (typeof request !== 'object' || request === null) return;
  // What the program's own adapter made may be sealed or frozen: then it stays as it is.
  Reflect.defineProperty(holder, 'request', { enumerable: false });
  // The stream of a streamed answer has it too.
  Reflect.defineProperty(request, Symbol.for('nodejs.util.inspect.custom'), {
    value: () => '[the request that was sent]',
    configurable: true,
  });
}

function outcomeOf({ response, failure }: Settled): AxiosResponse {
  if (failure !== undefined) throw failure.error;
  return response as AxiosResponse;
}

/** Lets go of an answer that nobody will read. */
function discard(data: unknown): void {
  if (typeof data !== 'object' || data === null) return;
  const stream = data as { destroy?: () => void; cancel?: () => Promise<void> };
  if (typeof stream.destroy === 'function') stream.destroy();
  else if (typeof stream.cancel === 'function') void stream.cancel().catch(() => undefined);
}
