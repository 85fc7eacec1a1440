/** One thing that was looked at before a start. Holds no secret. */
export interface CheckFinding {
  readonly area: 'state' | 'store' | 'listen' | 'tls' | 'files' | 'audit' | 'ca' | 'clock' | 'tokens';
  /** What it is about: an address, a path, the name of a token. */
  readonly subject: string;
  /** With a `warning` the agent still works; with a `problem` it does not. */
  readonly level: 'ok' | 'warning' | 'problem';
  /** What was found. */
  readonly what: string;
  /** What that means, where it does not speak for itself. */
  readonly meaning?: string;
  /** What mends it. */
  readonly step?: string;
}

/** A finding of a failure whose errors carry `problem` or `message`, and `step`. */
export function findingOf(area: CheckFinding['area'], subject: string, error: unknown): CheckFinding {
  const { problem, step } = error as { problem?: unknown; step?: unknown };
  const message = error instanceof Error ? error.message : String(error);
  return {
    area,
    subject,
    level: 'problem',
    what: typeof problem === 'string' ? problem : message,
    ...(typeof step === 'string' && { step }),
  };
}
