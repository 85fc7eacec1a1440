/** The host of `domain`, which may have a port: `localhost` of `localhost:8443`, `[::1]` of `[::1]:8443`. */
export function hostOf(domain: string): string {
  return new URL(`https://${domain}`).hostname;
}

/** What records call the tenant at `domain`: the first label of its host. */
export function tenantNameOf(domain: string): string {
  return hostOf(domain).split('.')[0] ?? domain;
}
