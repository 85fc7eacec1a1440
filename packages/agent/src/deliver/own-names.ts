import type { ListenAddress } from '@evertoken/service';

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/** Whether a `Host` header names the listener at `address`: no other name may lead here, else a web page could rebind its own (DNS rebinding). */
export function isOwnHost(host: string, address: ListenAddress): boolean {
  const name = host.toLowerCase();
  if (address.kind === 'unix') return name === '' || /^localhost(?::\d{1,5})?$/.test(name);
  const isDefaultPort = address.port === (address.kind === 'https' ? 443 : 80);
  return namesOf(address.host).some((own) => name === `${own}:${address.port}` || (isDefaultPort && name === own));
}

/** The origins by which programs reach the agent. */
export function ownOrigins(addresses: readonly ListenAddress[]): ReadonlySet<string> {
  const urls = addresses.flatMap((address) =>
    address.kind === 'unix' ? [] : namesOf(address.host).map((name) => `${address.kind}://${name}:${address.port}`),
  );
  return new Set(urls.map((url) => new URL(url).origin));
}

function namesOf(host: string): readonly string[] {
  return [...new Set([host.includes(':') ? `[${host}]` : host.toLowerCase(), ...loopbackNames])];
}
