import type { Clock } from '@evertoken/client';
import { isoTimeOf, type Log } from '@evertoken/service';
import type { AuditConfig } from './audit-config.ts';
import { type AuditEntry, auditFactsOf, formatAuditLine } from './audit-entry.ts';
import { KeylessLines } from './keyless-lines.ts';
import { LineBatch, type LineCounts } from './line-batch.ts';
import { RotatingFile } from './rotating-file.ts';

/** Records who got which token and who made which call. */
export interface AuditTrail {
  /** Whether entries are written anywhere; false where the audit is turned off. */
  readonly isOn: boolean;
  /** Never waits and never fails. Of requests without a valid key, those beyond ten a second are summed up. */
  write(entry: AuditEntry): void;
  /** What became of the lines since the start; undefined where they go to no file. */
  counts(): LineCounts | undefined;
  /** Writes what is held and ends. */
  close(): Promise<void>;
}

/**
 * Opens the trail that `config` names: a file of JSON lines, or `auditLog`, or none. Lines for a file are written a batch at a time, four times a second or
 * each 64 KiB. Those that cannot be written before the end are told in the log by their number.
 * @throws {AgentError} `audit_unusable`
 */
export async function openAuditTrail(
  config: AuditConfig,
  { log, auditLog, clock }: { log: Log; auditLog: Log; clock: Clock },
): Promise<AuditTrail> {
  if (config.kind === 'off') return { isOn: false, write: () => undefined, counts: () => undefined, close: async () => undefined };
  if (config.kind === 'stdout') return trailInLog(auditLog, clock);
  const file = await RotatingFile.open(config);
  const timeOf = (): string => isoTimeOf(clock.now());
  const lines = new LineBatch((text) => file.append(text), {
    clock,
    onError: (error) =>
      log.error({ event: 'audit.failed', path: config.path, err: error }, 'audit lines cannot be written and are held; free some room'),
    formatLoss: (count) => JSON.stringify({ time: timeOf(), event: 'audit.lost', lines: count }),
  });
  const keyless = new KeylessLines(clock, (count) => lines.add(JSON.stringify({ time: timeOf(), event: 'audit.refused', count })));
  return {
    isOn: true,
    write(entry) {
      if (keyless.hasLine(entry)) lines.add(formatAuditLine(timeOf(), entry));
    },
    counts: () => lines.counts,
    async close() {
      keyless.sumUp();
      const count = await lines.close();
      if (count > 0) {
        const facts = { event: 'audit.lost', path: config.path, lines: count };
        log.error(facts, `${count} audit lines could not be written before the end and are lost`);
      }
      await file.close();
    },
  };
}

function trailInLog(log: Log, clock: Clock): AuditTrail {
  const keyless = new KeylessLines(clock, (count) =>
    log.info({ event: 'audit.refused', count }, `${count} more requests without a valid key`),
  );
  return {
    isOn: true,
    write(entry) {
      if (!keyless.hasLine(entry)) return;
      log.info(auditFactsOf(entry), `${entry.app} ${entry.pattern} ${entry.status}`);
    },
    counts: () => undefined,
    async close() {
      keyless.sumUp();
    },
  };
}
