import { basename } from 'node:path';
import pc from 'picocolors';
import { defaultConfigFile } from '../config-file.ts';
import { ownCommand } from '../own-command.ts';
import { shellWord } from '../shell-quote.ts';
import type { Terminal } from '../terminal.ts';
import type { InitAnswers } from './init-answers.ts';
import type { PreparedConfig } from './write-config.ts';

/** The last screen. */
export function nextSteps(answers: InitAnswers, target: string, prepared: PreparedConfig, terminal: Terminal): string {
  const { green, bold, dim } = pc.createColors(terminal.hasOutputColor);
  const command = ownCommand(terminal);
  const config = basename(target) === defaultConfigFile ? '' : ` --config ${shellWord(target)}`;
  return `${[
    `${green('✔')} wrote ${bold(target)}`,
    `  ${dim(`the key of ${answers.app}:`)} ${prepared.keyPath}`,
    '',
    `  ${command} check${config}`,
    `  ${command} start${config}`,
    `  ${command} token ${answers.token} --app-key-file ${shellWord(prepared.keyPath)}`,
  ].join('\n')}\n`;
}
