import { createRequire } from 'node:module';
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { isoTimeOf } from './iso-time.ts';
import { censored, secretPaths, withoutSecrets } from './redaction.ts';

/** A pino logger; call it as `log.info({ event: 'token.minted', … }, 'message')`. */
export type Log = Logger;

/**
 * Makes the log of a program: JSON lines `{level, time, program, event, …, msg}` with the level's name and the time as ISO 8601 text; with `pretty`
 * lines for people: the message, and the step that mends the problem. Values of secret fields, and texts that look like a token, are replaced by `[redacted]`.
 * `level` is `info` unless given, `destination` standard output, `now` (ms) the machine's clock; `color` (default false) takes effect on pretty lines alone.
 */
export function createLog(options: {
  program: string;
  pretty: boolean;
  color?: boolean;
  level?: string;
  destination?: DestinationStream | NodeJS.WritableStream;
  now?: () => number;
}): Log {
  const { now = Date.now } = options;
  const out = options.destination ?? destination({ dest: 1, sync: true });
  return pino(
    {
      level: options.level ?? 'info',
      base: { program: options.program },
      timestamp: () => `,"time":"${isoTimeOf(now())}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretPaths, censor: censored },
      hooks: { streamWrite: withoutSecrets },
    },
    options.pretty ? prettyLines(out, options.color ?? false) : out,
  );
}

function prettyLines(out: DestinationStream | NodeJS.WritableStream, colorize: boolean): DestinationStream {
  // Loaded for people alone; programs read the lines as they are.
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
  // Formats in place instead of in pino's transport worker: no line is lost when the process ends, and none comes after the banner.
  const format = pretty.prettyFactory({
    colorize,
    colorizeObjects: colorize,
    hideObject: true,
    translateTime: 'SYS:HH:MM:ss',
    messageFormat: readableMessage,
  });
  return {
    write(line) {
      out.write(format(line));
    },
  };
}

// For a person the message says it all, with what mends it; the fields are for programs. A line without a message is its event and its fields.
function readableMessage(line: Record<string, unknown>): string {
  const { level: _level, time: _time, program: _program, event, msg, meaning, step, err, ...fields } = line;
  if (typeof msg !== 'string' || msg === '') return `${String(event ?? 'event')} ${JSON.stringify(fields)}`;
  const stack = (err as { stack?: unknown } | undefined)?.stack;
  const text = [msg, meaning, step].filter((part) => typeof part === 'string' && part !== '').join(' ');
  return typeof stack === 'string' ? `${text}\n${stack}` : text;
}
