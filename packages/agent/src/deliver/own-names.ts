import { formatListenAddress, type ListenAddress } from '@evertoken/service';

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/** The names by which programs reach the agent: those of the addresses that it listens on, and `hosts`, whatever port they come with. */
export class OwnNames {
  #hosts: ReadonlySet<string> = new Set();
  #origins: ReadonlySet<string> = new Set();
  readonly #texts = new WeakMap<ListenAddress, { text: string; names: ReadonlySet<string> }>();

  constructor(names: { hosts: readonly string[]; addresses: readonly ListenAddress[] }) {
    this.replace(names);
  }

  /** From now on these are the agent's names. */
  replace({ hosts, addresses }: { hosts: readonly string[]; addresses: readonly ListenAddress[] }): void {
    this.#hosts = new Set(hosts.map((host) => inBrackets(host.toLowerCase())));
    this.#origins = new Set(addresses.flatMap((address) => originsOf(address, [...this.#hosts])));
  }

  /** Whether a `Host` header names the listener at `address`. Other names are refused, or a web page could let its own name lead here (DNS rebinding). */
  isOwn(host: string, address: ListenAddress): boolean {
    const name = host.toLowerCase();
    if (this.#of(address).names.has(name)) return true;
    if (address.kind === 'unix' && /^localhost:\d{1,5}$/.test(name)) return true;
    return this.#hosts.size > 0 && this.#hosts.has(name.replace(/:\d{1,5}$/, ''));
  }

  /** `address` as text. */
  textOf(address: ListenAddress): string {
    return this.#of(address).text;
  }

  /** The origins by which programs reach the agent. */
  get origins(): ReadonlySet<string> {
    return this.#origins;
  }

  // Made once for each address: a request should not have to.
  #of(address: ListenAddress): { text: string; names: ReadonlySet<string> } {
    let known = this.#texts.get(address);
    if (known === undefined) {
      known = { text: formatListenAddress(address), names: new Set(namesWithPorts(address)) };
      this.#texts.set(address, known);
    }
    return known;
  }
}

function namesWithPorts(address: ListenAddress): readonly string[] {
  if (address.kind === 'unix') return ['', 'localhost'];
  const isDefaultPort = address.port === (address.kind === 'https' ? 443 : 80);
  return namesOf(address.host).flatMap((name) => [`${name}:${address.port}`, ...(isDefaultPort ? [name] : [])]);
}

function originsOf(address: ListenAddress, hosts: readonly string[]): string[] {
  if (address.kind === 'unix') return [];
  const { kind, port, host } = address;
  const urls = [...namesOf(host), ...hosts].map((name) => `${kind}://${name}:${port}`);
  // The names of `hosts` may come without our port: something in front of the agent may forward another port to it.
  return [...urls, ...hosts.map((name) => `https://${name}`)].filter((url) => URL.canParse(url)).map((url) => new URL(url).origin);
}

function namesOf(host: string): readonly string[] {
  return [...new Set([inBrackets(host.toLowerCase()), ...loopbackNames])];
}

function inBrackets(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
