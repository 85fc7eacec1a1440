/** Forms of what must be in no log: app keys, tokens (JWT), client secrets as the tenant makes them. */
const forms: readonly (readonly [string, RegExp])[] = [
  ['an app key', /evk_[0-9A-Za-z]{20,}/g],
  ['a token', /eyJ[\w-]{8,}\.[\w-]{8,}/g],
  ['a client secret', /(?<![\w-])(?![0-9a-f]{64}(?![\w-]))[\w-]{64}(?![\w-])/g],
];
const secretName = /(?:SECRET|KEY|TOKEN|PASSWORD)$/;

/** What `text` tells that it must not: what has the form of a secret, and the values of secret variables in `env`. Names the kind, never the value. */
export function leaksIn(text: string, env: Readonly<Record<string, string | undefined>> = {}): string[] {
  const ofForm = forms.flatMap(([kind, form]) => [...text.matchAll(form)].map(({ index }) => `${kind} in: ${around(text, index)}`));
  const ofEnv = Object.entries(env).flatMap(([name, value = '']) => {
    const at = secretName.test(name) && value.length >= 8 ? text.indexOf(value) : -1;
    return at < 0 ? [] : [`the value of ${name} in: ${around(text, at)}`];
  });
  return [...ofForm, ...ofEnv];
}

// What stands before it tells which line it is.
function around(text: string, at: number): string {
  return text.slice(Math.max(0, text.lastIndexOf('\n', at) + 1), at).slice(0, 300);
}
