import { RotatingFile } from '../apps/audit/rotating-file.ts';
import type { TokenFileConfig } from '../config/agent-config.ts';
import { TokenFile } from '../deliver/token-file/token-file.ts';
import { type CheckFinding, findingOf } from './check-finding.ts';

/** Whether a token can be written into its file; tried in the same way as at a start. */
export async function checkTokenFile(file: TokenFileConfig): Promise<CheckFinding> {
  return await found('files', file.path, 'can be written', () => new TokenFile(file).check());
}

/** Whether the audit file can be made or appended to; tried in the same way as at a start. */
export async function checkAuditFile(path: string): Promise<CheckFinding> {
  return await found('audit', path, 'can be added to', () => RotatingFile.check(path));
}

async function found(area: 'files' | 'audit', subject: string, what: string, attempt: () => Promise<void>): Promise<CheckFinding> {
  try {
    await attempt();
    return { area, subject, level: 'ok', what };
  } catch (error) {
    return findingOf(area, subject, error);
  }
}
