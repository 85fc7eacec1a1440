/** What a `Content-Type` says of a body, in lower case. */
export interface ContentType {
  /** Such as `application/json`; empty where there is none. */
  readonly essence: string;
  /** Whether the charset that it names, if any, is UTF-8. */
  readonly isUtf8: boolean;
}

/** Reads a `Content-Type` (RFC 9110 §8.3) as far as bodies here need it. */
export function contentTypeOf(header: string | undefined): ContentType {
  const [essence = '', ...attributes] = (header ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = attributes
    .find((attribute) => attribute.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '');
  return { essence, isUtf8: charset === undefined || charset === 'utf-8' || charset === 'utf8' };
}
