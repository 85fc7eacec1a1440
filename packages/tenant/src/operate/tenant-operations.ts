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

/** One thing that was looked at in an examination. Holds no secret. */
export interface TenantFinding {
  readonly area: 'database' | 'secrets' | 'domain' | 'keys' | 'clock' | 'records';
  /** What it is about: a database, a key, a record. */
  readonly subject: string;
  readonly level: 'ok' | 'problem';
  /** What was found of it. */
  readonly what: string;
  /** What mends it. */
  readonly step?: string;
}

/** What its operator does with a tenant, whether it runs or not; one that runs takes changes up within a second. All throw {@link TenantError}. */
export interface TenantOperations {
  /** In the order of their lives: next, current, previous, revoked. */
  keys(): Promise<readonly ListedKey[]>;
  rotateKeys(): Promise<{ readonly current: string; readonly next: string }>;
  /** `not_found`, `key_in_use`. */
  revokeKey(kid: string): Promise<void>;
  exportDocument(options: ExportOptions): Promise<DeployDocument>;
  /** All or nothing; of the same document again nothing is changed. `document_invalid`. */
  importDocument(document: DeployDocument): Promise<ImportReport>;
  /** Writes a copy of the database to a new file at `path`. `backup_unwritable`. */
  backup(path: string): Promise<void>;
  /** Examines the tenant; nothing is changed. */
  examine(): Promise<readonly TenantFinding[]>;
  close(): Promise<void>;
}
