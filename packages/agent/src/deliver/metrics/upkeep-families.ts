import type { LineCounts } from '../../apps/audit/line-batch.ts';
import type { ConfigState } from '../../config/config-state.ts';
import type { Family, Sample } from './family.ts';

/** What the agent does beside answering, as far as it can fail unseen. */
export interface Upkeep {
  /** Undefined while the agent starts and stops. */
  readonly config: () => ConfigState | undefined;
  readonly tokenFiles: () => readonly { readonly token: string; readonly isCurrent: boolean }[];
  /** Undefined where audit lines go to no file. */
  readonly auditLines: () => LineCounts | undefined;
}

/** Reloads of the config, token files and audit lines. */
export function upkeepFamilies({ config, tokenFiles, auditLines }: Upkeep): readonly Family[] {
  const family = (type: Family['type'], name: string, help: string, samples: () => readonly Sample[]): Family => ({
    name,
    help,
    type,
    samples,
  });
  const lines = (member: keyof LineCounts) => (): readonly Sample[] => {
    const counts = auditLines();
    return counts === undefined ? [] : [{ labels: {}, value: counts[member] }];
  };
  return [
    family('counter', 'evertoken_config_reloads_total', 'Reloads of the config by whether it was taken.', () =>
      Object.entries(config()?.reloads ?? {}).map(([outcome, value]) => ({ labels: { outcome }, value })),
    ),
    family('gauge', 'evertoken_config_last_success_timestamp_seconds', 'When the config that is in effect was taken.', () => {
      const state = config();
      return state === undefined ? [] : [{ labels: {}, value: state.loadedAt / 1_000 }];
    }),
    family('gauge', 'evertoken_token_file_is_current', '1 while all files of the token hold the live one.', () => {
      const byToken = new Map<string, boolean>();
      for (const { token, isCurrent } of tokenFiles()) byToken.set(token, isCurrent && byToken.get(token) !== false);
      return [...byToken].map(([token, isCurrent]) => ({ labels: { token }, value: isCurrent ? 1 : 0 }));
    }),
    family('gauge', 'evertoken_audit_lines_held', 'Audit lines that are not in their file yet.', lines('held')),
    family('counter', 'evertoken_audit_lines_lost_total', 'Audit lines that were dropped because no more could be held.', lines('lost')),
    family('counter', 'evertoken_audit_failures_total', 'Times that audit lines could not be written.', lines('failures')),
  ];
}
