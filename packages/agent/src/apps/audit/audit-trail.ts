import type { Clock } from '@evertoken/client';
import { isoTimeOf, type Log } from '@evertoken/service';
import type { AuditConfig } from '../../config/agent-config.ts';
import { type AuditEntry, formatAuditLine } from './audit-entry.ts';
import { LineBatch } from './line-batch.ts';
import { RotatingFile } from './rotating-file.ts';

/** Records who got which token and who made which call. */
export interface AuditTrail {
  /** Whether entries are written anywhere; false where the audit is turned off. */
  readonly isOn: boolean;
  /** Never waits and never fails. */
  write(entry: AuditEntry): void;
  /** Writes what is held and ends. */
  close(): Promise<void>;
}

/**
 * Opens the trail that `config` names: a file of JSON lines, or `log`, or none. Lines for a file are written a batch at a time, four times a second or
 * each 64 KiB.
 * @throws {AgentError} `audit_unusable`
 */
export async function openAuditTrail(
  config: AuditConfig,
  { log, auditLog, clock }: { log: Log; auditLog: Log; clock: Clock },
): Promise<AuditTrail> {
  if (config.kind === 'off') return { isOn: false, write: () => undefined, close: async () => undefined };
  if (config.kind === 'stdout') return trailInLog(auditLog);
  const file = await RotatingFile.open(config);
  const timeOf = (): string => isoTimeOf(clock.now());
  const lines = new LineBatch((text) => file.append(text), {
    clock,
    onError: (error) =>
      log.error({ event: 'audit.failed', path: config.path, err: error }, 'audit lines cannot be written and are held; free some room'),
    formatLoss: (count) => JSON.stringify({ time: timeOf(), event: 'audit.lost', lines: count }),
  });
  return {
    isOn: true,
    write: (entry) => lines.add(formatAuditLine(timeOf(), entry)),
    async close() {
      await lines.close();
      await file.close();
    },
  };
}

function trailInLog(log: Log): AuditTrail {
  return {
    isOn: true,
    write({ app, ms, ...rest }) {
      log.info({ ...rest, app, ms: Math.round(ms * 10) / 10 }, `${app} ${rest.pattern} ${rest.status}`);
    },
    close: async () => undefined,
  };
}
