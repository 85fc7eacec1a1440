/** The lines of evertoken.yaml that let an app in with the key of this SHA-256, to read `tokens`. */
export function appKeyLines(app: string, sha256: string, tokens: readonly string[]): string {
  return [
    'apps:',
    `  ${app}:`,
    // Quoted: YAML would read a hash of digits alone, or of digits and one e, as a number.
    `    key_sha256: "${sha256}"`,
    `    tokens: [${tokens.join(', ')}]`,
  ].join('\n');
}
