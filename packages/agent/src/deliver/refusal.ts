/** An error answer to a request. A door throws it, and it is sent in the form of that door (RFC 9457, RFC 6749 §5.2). */
export class Refusal extends Error {
  override readonly name: string = 'Refusal';
  readonly status: number;
  /** Stable word for programs; the OAuth error on the token endpoint. */
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Further members of the problem. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    detail: string,
    options: { headers?: Readonly<Record<string, string>>; members?: Readonly<Record<string, unknown>>; cause?: unknown } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.code = code;
    this.headers = options.headers ?? {};
    this.members = options.members ?? {};
  }

  /** The same refusal with another code or with further headers. */
  with({ code, headers }: { code?: string; headers?: Readonly<Record<string, string>> }): Refusal {
    const options = { headers: { ...this.headers, ...headers }, members: this.members, cause: this.cause };
    return new Refusal(this.status, code ?? this.code, this.message, options);
  }
}
