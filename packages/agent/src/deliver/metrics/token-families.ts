import type { KeptTokenStatus, TokenState } from '@evertoken/client';
import type { TokenBook } from '../../tokens/token-book.ts';
import type { Family, Sample } from './family.ts';

const states: readonly TokenState[] = ['empty', 'fresh', 'due', 'urgent', 'expired'];

/** The state of the tokens of `book` at the moment at which the metrics are read. */
export function tokenFamilies(book: TokenBook): readonly Family[] {
  const gauge = (
    name: string,
    help: string,
    read: (status: KeptTokenStatus) => Iterable<{ labels?: Record<string, string>; value: number }>,
  ): Family => ({
    name,
    help,
    type: 'gauge',
    *samples(): Generator<Sample> {
      for (const token of book.tokens) {
        for (const { labels, value } of read(token.status())) yield { labels: { token: token.name, ...labels }, value };
      }
    },
  });
  const quota = (name: string, help: string, member: 'quota' | 'remaining'): Family =>
    gauge(name, help, (status) =>
      (status.quota ?? []).map(({ owner, bucket, ...counts }) => ({ labels: { owner, bucket }, value: counts[member] })),
    );
  return [
    gauge('evertoken_token_remaining_seconds', 'Seconds that the held token lives from now.', ({ token }) => [
      { value: token?.remainingSeconds ?? 0 },
    ]),
    gauge('evertoken_token_runway_seconds', 'Seconds for which callers are served if the issuer never answers again.', ({ token }) => [
      { value: token?.runwaySeconds ?? 0 },
    ]),
    gauge('evertoken_token_waiters', 'Callers that wait for a mint.', ({ waiters }) => [{ value: waiters }]),
    gauge('evertoken_token_is_suspect', '1 for a token that an API refused and that has no successor yet.', ({ isSuspect }) => [
      { value: isSuspect ? 1 : 0 },
    ]),
    gauge('evertoken_token_state', '1 for the state that the token is in, 0 for the others.', ({ state: current }) =>
      states.map((state) => ({ labels: { state }, value: state === current ? 1 : 0 })),
    ),
    quota('evertoken_issuer_quota', 'Tokens that the issuer gives in the period of the bucket.', 'quota'),
    quota('evertoken_issuer_quota_remaining', 'How many of them are left.', 'remaining'),
  ];
}
