/** Where the line about each hand-out goes. */
export type AuditConfig =
  | {
      readonly kind: 'file';
      /** Absolute. */
      readonly path: string;
      readonly maxBytes: number;
      /** Full files that stay beside it. */
      readonly keep: number;
    }
  | { readonly kind: 'stdout' }
  | { readonly kind: 'off' };
