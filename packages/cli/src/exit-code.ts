/** How the command ends: as documented in `--help`. */
export const exitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  /** No agent is running where one was looked for. */
  noAgent: 3,
} as const;
