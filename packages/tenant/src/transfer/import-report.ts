/** What an import did to one record. */
export interface ImportedRecord {
  readonly kind: 'tenant' | 'client' | 'client grant' | 'API' | 'organization';
  /** As people know it. */
  readonly name: string;
  readonly outcome: 'created' | 'changed' | 'unchanged';
  /** Fields that are now different. */
  readonly fields?: readonly string[];
}

/** Something of a document that was not taken. */
export interface SkippedPart {
  /** `rules`, `client "Report": signed_request_object`. */
  readonly what: string;
  readonly why: string;
}

/** What an import did. */
export interface ImportReport {
  readonly records: readonly ImportedRecord[];
  readonly skipped: readonly SkippedPart[];
}
