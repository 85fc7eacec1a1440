import type { Clock } from '@evertoken/client';

/** What became of the requests of one app since the start. */
export interface AppUse {
  /** Tokens that it was given, and calls that were passed on. */
  readonly handOuts: number;
  readonly proxied: number;
  readonly refusals: number;
  /** Epoch ms. */
  readonly lastUsedAt: number;
  readonly lastRefusal: { readonly at: number; readonly status: number } | undefined;
}

/**
 * Counts what each app asks for. It costs a request next to nothing: one map lookup and two numbers. The names are those of the config, and a few in brackets
 * for callers that are no app.
 */
export class AppUses {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #uses = new Map<string, { -readonly [Member in keyof AppUse]: AppUse[Member] }>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** `name` asked for a token, and was answered with `status`: below 400 means that it got the token. */
  countHandOut(name: string, status: number): void {
    const use = this.#used(name);
    if (status < 400) use.handOuts += 1;
    else this.#refuse(use, status);
  }

  /** A call of `name` was passed on, whatever the API answered, or refused with `status`. */
  countCall(name: string, status: number, isRefused: boolean): void {
    const use = this.#used(name);
    if (isRefused) this.#refuse(use, status);
    else use.proxied += 1;
  }

  of(name: string): AppUse | undefined {
    return this.#uses.get(name);
  }

  /** Everybody who has asked, in the order they came. */
  get names(): readonly string[] {
    return [...this.#uses.keys()];
  }

  /** Forgets every app whose name is not among `names`. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#uses.keys()) if (!isNoApp(name) && !names.has(name)) this.#uses.delete(name);
  }

  #used(name: string): { -readonly [Member in keyof AppUse]: AppUse[Member] } {
    let use = this.#uses.get(name);
    if (use === undefined) {
      use = { handOuts: 0, proxied: 0, refusals: 0, lastUsedAt: 0, lastRefusal: undefined };
      this.#uses.set(name, use);
    }
    use.lastUsedAt = this.#clock.now();
    return use;
  }

  #refuse(use: { -readonly [Member in keyof AppUse]: AppUse[Member] }, status: number): void {
    use.refusals += 1;
    use.lastRefusal = { at: use.lastUsedAt, status };
  }
}

/** Whether `name` stands for callers that are no app, such as `(unknown)`. */
export function isNoApp(name: string): boolean {
  return name.startsWith('(');
}
