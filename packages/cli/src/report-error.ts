import pc from 'picocolors';
import { exitCode } from './exit-code.ts';
import { printable } from './printable.ts';
import type { Terminal } from './terminal.ts';

interface Report {
  readonly problem: string;
  readonly place: string | undefined;
  readonly step: string | undefined;
  readonly exitCode: number;
}

/** Codes of errors of the other packages that mean a wrong use of the command, such as a value that is not allowed or a missing file (exit code 2). */
const usageErrors: ReadonlySet<unknown> = new Set([
  'config_invalid',
  'address_invalid',
  'domain_missing',
  'domain_invalid',
  'token_lifetime_invalid',
  'document_unreadable',
]);

/** Prints `error` on one screen (with its stack where EVERTOKEN_DEBUG is set) and answers the exit code it asks for. */
export function reportError(error: unknown, terminal: Terminal): number {
  const report = reportOf(error);
  terminal.stderr.write(formatReport(report, terminal.hasErrorColor));
  if (terminal.env['EVERTOKEN_DEBUG'] && error instanceof Error) terminal.stderr.write(`\n${printable(stackOf(error))}\n`);
  return report.exitCode;
}

/** The screen for `report`. */
export function formatReport(report: Omit<Report, 'exitCode'>, hasColor: boolean): string {
  const { red, bold, dim } = pc.createColors(hasColor);
  const lines = [`${red('✖')} ${bold(indented(report.problem, 2))}`];
  if (report.place !== undefined) lines.push(`  ${dim('where:')}   ${indented(report.place, 11)}`);
  if (report.step !== undefined) lines.push(`  ${dim('to mend:')} ${indented(report.step, 11)}`);
  return `${lines.join('\n')}\n`;
}

// The errors of all our packages have these members. They are read without the classes, so that `evertoken token` need not load those packages.
function reportOf(error: unknown): Report {
  const facts = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  const message = error instanceof Error ? error.message : String(error);
  const isUsage = /^(?:Tenant|Agent|Service)Error$/.test(String(facts['name'])) && usageErrors.has(facts['code']);
  // The messages of these errors say what to do.
  const isExplained = typeof facts['code'] === 'string' && /^(?:Tenant|Agent|Token)Error$/.test(String(facts['name']));
  const unexplained =
    'Run it again with EVERTOKEN_DEBUG=1 to see where this comes from; if it is a mistake of Evertoken, please report it.';
  return {
    problem: textOf(facts['problem']) ?? message,
    place: textOf(facts['place']),
    step: textOf(facts['step']) ?? (isExplained ? undefined : unexplained),
    exitCode: typeof facts['exitCode'] === 'number' ? facts['exitCode'] : isUsage ? exitCode.usage : exitCode.failure,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function indented(text: string, columns: number): string {
  return printable(text)
    .trimEnd()
    .replaceAll('\n', `\n${' '.repeat(columns)}`);
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\nCaused by: ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
