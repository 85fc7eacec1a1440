import type { AgentConfig, CheckFinding } from '@evertoken/agent';
import pc from 'picocolors';
import { printable } from '../printable.ts';
import type { Terminal } from '../terminal.ts';

type Colors = Pick<Terminal, 'hasOutputColor'>;

/** Every value in effect and where it came from, one a line. Of the numbers in `policy`, only those that somebody set are shown. */
export function formatValues(config: Pick<AgentConfig, 'file' | 'values' | 'notes'>, home: string, { hasOutputColor }: Colors): string {
  const { bold, dim } = pc.createColors(hasOutputColor);
  const isSchedule = ({ key, from }: AgentConfig['values'][number]): boolean => key.startsWith('policy.') && from === 'default';
  const shown = config.values.filter((value) => !isSchedule(value));
  const hidden = config.values.length - shown.length;
  const keys = Math.max(...shown.map(({ key }) => key.length), 0);
  const values = Math.min(60, Math.max(...shown.map(({ value }) => value.length), 0));
  const lines = shown.map(
    ({ key, value, from }) => `  ${printable(key).padEnd(keys)}  ${printable(value).padEnd(values)}  ${dim(printable(from))}`,
  );
  return `${[
    `${bold('config')}  ${config.file ?? 'the environment alone'}`,
    `${bold('state')}   ${home}`,
    '',
    ...lines,
    ...(hidden > 0 ? [`  ${dim(`policy: ${hidden} numbers at their defaults; --json tells each`)}`] : []),
    ...config.notes.map((note) => `  ${dim(`note: ${printable(note)}`)}`),
    '',
  ].join('\n')}\n`;
}

/** A finding of `check` or of `tenant doctor`. */
export type ShownFinding = Omit<CheckFinding, 'area'> & { readonly area: string };

const indent = ' '.repeat(11);

/** One finding: a line, and below it what it means and what mends it. */
export function formatFinding(finding: ShownFinding, { hasOutputColor }: Colors): string {
  const { green, yellow, red, bold, dim } = pc.createColors(hasOutputColor);
  const mark = finding.level === 'ok' ? green('✔') : finding.level === 'warning' ? yellow('!') : red('✖');
  const lines = [`${mark} ${finding.area.padEnd(8)} ${bold(printable(finding.subject))}  ${indented(finding.what)}`];
  if (finding.meaning) lines.push(`${indent}${indented(finding.meaning)}`);
  if (finding.step) lines.push(`${indent}${dim('to mend:')} ${indented(finding.step)}`);
  return `${lines.join('\n')}\n`;
}

/** The last line. */
export function formatSummary(findings: readonly CheckFinding[], isOffline: boolean, { hasOutputColor }: Colors): string {
  const { green, yellow, red } = pc.createColors(hasOutputColor);
  const count = (level: CheckFinding['level']): number => findings.filter((finding) => finding.level === level).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  const minted = isOffline ? ' Nothing was minted: leave out --offline to test the credentials too.' : '';
  if (problems > 0) return `\n${red(`${problems} of ${findings.length} would not work.`)}${minted}\n`;
  if (warnings > 0) return `\n${yellow(`It would work, with ${warnings === 1 ? 'a warning' : `${warnings} warnings`}.`)}${minted}\n`;
  return `\n${green('All is well.')}${minted}\n`;
}

function indented(text: string): string {
  return printable(text).trimEnd().replaceAll('\n', `\n${indent}`);
}
