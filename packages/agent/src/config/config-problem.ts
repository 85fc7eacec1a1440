/** One thing that is wrong in a config file or the environment. */
export interface ConfigProblem {
  /** Dotted path such as `tokens.management.client_id`, or the name of an environment variable; empty for the file as a whole. */
  readonly path: string;
  /** Line in the file, from 1; undefined outside a file. */
  readonly line: number | undefined;
  /** What is wrong and what mends it. */
  readonly message: string;
}

const mostShown = 20;

/** The `problems` of `source` (a file name, or `the environment`) as one screen for people: the first 20, and how many more there are. */
export function formatProblems(source: string, problems: readonly ConfigProblem[]): string {
  const sorted = [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const lines = sorted.map(({ path, line, message }) => {
    const place = [line === undefined ? '' : `line ${line}`, path].filter((part) => part !== '').join(', ');
    return place === '' ? `  ${message}` : `  ${place}: ${message}`;
  });
  const shown = lines.slice(0, mostShown);
  if (lines.length > shown.length) shown.push(`  … and ${lines.length - shown.length} more`);
  return `${source} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${shown.join('\n')}`;
}
