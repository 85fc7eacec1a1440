import type { DeployDocument } from '../transfer/deploy-document.ts';
import type { ExportOptions } from '../transfer/export-document.ts';
import type { ImportReport } from '../transfer/import-report.ts';

/** A signing key as it is listed. */
export interface ListedKey {
  readonly kid: string;
  readonly state: 'next' | 'current' | 'previous' | 'revoked';
  /** SHA-1 of the certificate, upper-case hex with colons. */
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly currentSince: string | undefined;
  readonly currentUntil: string | undefined;
  readonly revokedAt: string | undefined;
}

/** What one examination found. */
export interface Finding {
  readonly check: 'database' | 'secrets' | 'domain' | 'signing keys' | 'clock' | 'records';
  readonly isGood: boolean;
  /** What is so, or what is wrong. */
  readonly detail: string;
  /** What mends it. */
  readonly step?: string | undefined;
}

/** What its operator does with a tenant, whether it runs or not; one that runs takes changes up within a second. All throw {@link TenantError}. */
export interface TenantOperations {
  /** In the order of their lives: next, current, previous, revoked. */
  keys(): Promise<readonly ListedKey[]>;
  rotateKeys(): Promise<{ readonly current: string; readonly next: string }>;
  /** `not_found`, `key_in_use`. */
  revokeKey(kid: string): Promise<void>;
  exportDocument(options: ExportOptions): Promise<DeployDocument>;
  /** Reads what is at `path`: a file or a folder. `document_unreadable`, `document_invalid`. */
  importFrom(path: string): Promise<ImportReport>;
  /** Writes a copy of the database to a new file at `path`. `backup_unwritable`. */
  backup(path: string): Promise<void>;
  /** Examines the tenant; nothing is changed. */
  examine(): Promise<readonly Finding[]>;
  close(): Promise<void>;
}
