const methods = ['ANY', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** What an app may call: a method and a path pattern. */
export interface Rule {
  /** The rule as it was written. */
  readonly text: string;
  /** An HTTP method, or `ANY`. */
  readonly method: string;
  /** Segments of the path; `*` stands for one segment that is not empty. */
  readonly segments: readonly string[];
  /** Whether the pattern ended in `**`, which stands for any rest, also none. */
  readonly hasRest: boolean;
}

/**
 * Reads `METHOD /path`: `ANY` for every method; `*` for one segment, `**` at the end for the rest. `GET` allows `HEAD` too.
 *
 * @throws {TypeError} The text is no rule; the message says why.
 */
export function parseRule(text: string): Rule {
  const [method, path, ...more] = text.trim().split(/\s+/);
  if (method === undefined || path === undefined || more.length > 0) {
    throw new TypeError('a rule is a method and a path, such as `GET /api/v2/clients/*`');
  }
  if (!methods.includes(method as (typeof methods)[number])) {
    throw new TypeError(`unknown method \`${method}\`; one of ${methods.join(', ')}`);
  }
  if (!path.startsWith('/')) throw new TypeError(`the path \`${path}\` must begin with \`/\``);
  if (/[%?#\\;]/.test(path))
    throw new TypeError(`the path \`${path}\` must be written decoded, without query and without any of % ? # \\ ;`);
  const segments = path.slice(1).split('/');
  const hasRest = segments.at(-1) === '**';
  if (hasRest) segments.pop();
  for (const segment of segments) {
    if (segment.includes('*') && segment !== '*') {
      throw new TypeError(`\`${segment}\`: \`*\` stands for one whole segment, and \`**\` only at the end for the rest`);
    }
    if (segment === '.' || segment === '..') throw new TypeError(`the path \`${path}\` must not hold \`${segment}\``);
  }
  if (segments.slice(0, -1).includes('')) throw new TypeError(`the path \`${path}\` must not hold \`//\``);
  return { text: `${method} ${path}`, method, segments, hasRest };
}

/** Whether `rule` allows `method` on the decoded path that `segments` are (see `readRequestPath`). */
export function ruleAllows(rule: Rule, method: string, segments: readonly string[]): boolean {
  const isMethodAllowed = rule.method === 'ANY' || rule.method === method || (rule.method === 'GET' && method === 'HEAD');
  if (!isMethodAllowed || (rule.hasRest ? segments.length < rule.segments.length : segments.length !== rule.segments.length)) return false;
  return rule.segments.every((pattern, index) => (pattern === '*' ? segments[index] !== '' : pattern === segments[index]));
}
