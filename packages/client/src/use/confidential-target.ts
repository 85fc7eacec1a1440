import { isConfidential } from '../mint/issuer-address.ts';

/**
 * The URL that a request with a token goes to.
 * @throws {TypeError} where it is not absolute, or neither https nor http to a loopback address (RFC 6750 §5.3).
 */
export function confidentialTarget(url: string | URL): URL {
  if (!URL.canParse(String(url)))
    throw new TypeError('A token is sent to an absolute URL only; give the whole URL, or the client its base URL.');
  const target = new URL(url);
  if (!isConfidential(target))
    throw new TypeError(`A token is not sent to ${target.origin}: it must be https (http only to a loopback address).`);
  return target;
}
