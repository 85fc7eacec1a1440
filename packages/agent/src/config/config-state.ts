/** Which config is in effect, and what became of the last reload. */
export interface ConfigState {
  readonly generation: number;
  /** Epoch ms. */
  readonly loadedAt: number;
  /** Why the last reload was refused; undefined where it was taken. */
  readonly problem: string | undefined;
  /** What was changed and takes effect at the next start. */
  readonly needsRestart: readonly string[];
  /** How many reloads there were since the start. */
  readonly reloads: { readonly applied: number; readonly refused: number };
}
