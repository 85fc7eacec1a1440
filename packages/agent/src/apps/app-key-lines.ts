/** The lines of a config file that let an app in with a new key, as they fit into the file. */
export interface AppKeyLines {
  /** Where they go, for people: `In evertoken.yaml, below apps`. */
  readonly where: string;
  /** Whether the lines name the app and its tokens; else it is in the file already. */
  readonly isNewApp: boolean;
  /** To be pasted as they are. */
  readonly lines: string;
}

/**
 * The lines for an app with the key of this SHA-256, to read `tokens`, in the config file named `file`. `apps`: the apps in that file; undefined where it
 * has no `apps:` at all.
 */
export function appKeyLines(
  { app, sha256, tokens }: { app: string; sha256: string; tokens: readonly string[] },
  { file, apps }: { file: string; apps: readonly string[] | undefined },
): AppKeyLines {
  if (apps?.includes(app)) {
    const where = `In ${file}, where ${app} is already, with its tokens: beside its key_sha256, or the last line alone below its keys`;
    return { where, isNewApp: false, lines: ['    keys:', `      - { sha256: "${sha256}" }`].join('\n') };
  }
  // Quoted: YAML would read a hash of digits alone, or of digits and one e, as a number.
  const entry = [`  ${app}:`, `    key_sha256: "${sha256}"`, `    tokens: [${tokens.join(', ')}]`];
  return apps === undefined
    ? { where: `In ${file}`, isNewApp: true, lines: ['apps:', ...entry].join('\n') }
    : { where: `In ${file}, below apps`, isNewApp: true, lines: entry.join('\n') };
}
