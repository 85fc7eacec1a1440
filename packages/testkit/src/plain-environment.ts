/** The environment of a person who has set nothing up: what a program needs to run, and `extra`; no tenant, no certificates, no proxy, no npm. */
export function plainEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG'].flatMap((name) => {
    // biome-ignore lint/style/noProcessEnv: all that tests take of the machine is named here.
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), ...extra };
}
