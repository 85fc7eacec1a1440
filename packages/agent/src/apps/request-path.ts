/** A request target taken apart, with one meaning only. */
export interface RequestPath {
  /** The path as it came, without the query. */
  readonly raw: string;
  /** The query with its `?`, or an empty string. */
  readonly query: string;
  /** The decoded segments: `/a/b%20c/` is `['a', 'b c', '']`. */
  readonly segments: readonly string[];
}

/** How many targets are remembered, and how long each may be, in characters: 256 KiB in all. */
const mostKnown = 1_000;
const longestKnown = 128;

/** Segments of letters, digits, `_`, `~` and `-`, with single dots inside: they have one meaning and nothing to decode. */
const plainPath = /^(?:\/[\w~-]+(?:\.[\w~-]+)*)+$/;

/**
 * Takes a request target (RFC 9112 §3.2.1) apart. Undefined for one that an API might read otherwise than the rules do: dot
 * segments, encoded or not; `//`; encoded slashes; backslashes; `;`; control characters; percent signs that encode no UTF-8 or
 * are encoded twice; fragments; anything that does not begin with `/`.
 */
export function readRequestPath(target: string): RequestPath | undefined {
  if (!target.startsWith('/') || target.includes('#')) return undefined;
  const queryAt = target.indexOf('?');
  const raw = queryAt === -1 ? target : target.slice(0, queryAt);
  const query = queryAt === -1 ? '' : target.slice(queryAt);
  if (plainPath.test(raw)) return { raw, query, segments: raw.slice(1).split('/') };
  const segments: string[] = [];
  const parts = raw.slice(1).split('/');
  for (const [index, part] of parts.entries()) {
    const segment = decodeSegment(part);
    if (segment === undefined || (segment === '' && index < parts.length - 1)) return undefined;
    segments.push(segment);
  }
  return { raw, query, segments };
}

/** Scheme, authority, and what comes after it. */
const absoluteForm = /^(https?):\/\/([^/?#]*)(.*)$/is;

/**
 * The path and query of a target in absolute-form (RFC 9112 §3.2.2), such as `http://localhost:8400/v1/status`, where its scheme and authority are these to the
 * letter. Undefined where they are others, and for any other form.
 */
export function targetWithin(absolute: string, { scheme, authority }: { scheme: string; authority: string }): string | undefined {
  const [, ownScheme = '', ownAuthority = '', rest = ''] = absoluteForm.exec(absolute) ?? [];
  if (ownScheme.toLowerCase() !== scheme || ownAuthority === '' || ownAuthority.toLowerCase() !== authority.toLowerCase()) return undefined;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Whether a target is in absolute-form, which names a server. */
export function isAbsoluteTarget(target: string): boolean {
  return absoluteForm.test(target);
}

/** Reads targets, and remembers those without a query: programs ask for the same few again and again. */
export class RequestPathReader {
  readonly #known = new Map<string, RequestPath>();

  /** See {@link readRequestPath}. */
  read(target: string): RequestPath | undefined {
    const known = this.#known.get(target);
    if (known !== undefined) return known;
    const path = readRequestPath(target);
    if (path === undefined || path.query !== '' || target.length > longestKnown) return path;
    if (this.#known.size >= mostKnown) this.#known.clear();
    this.#known.set(target, path);
    return path;
  }
}

function decodeSegment(part: string): string | undefined {
  let segment: string;
  try {
    segment = decodeURIComponent(part);
  } catch {
    return undefined;
  }
  // A percent sign that still encodes something would be read once more by an API that decodes twice.
  if (segment === '.' || segment === '..' || /%[0-9a-f]{2}/i.test(segment)) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here.
  return /[/\\;\u0000-\u001f\u007f]/.test(segment) ? undefined : segment;
}
