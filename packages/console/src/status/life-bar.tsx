import type { HeldStanding, TokenStanding } from '@evertoken/agent/contract';
import type { Signal } from '@preact/signals';
import { now } from '../parts/ticking.ts';
import { durationWords, momentWords } from '../parts/time-words.ts';
import { runwayWords } from './token-words.ts';

/** The life of the held token from asked to its end, and where in it we are. */
export function LifeBar({ token }: { token: Signal<TokenStanding> }) {
  const { held, name } = token.value;
  if (held === null) return <p class="no-life">No token is held.</p>;
  return (
    <div class="life">
      <Runway token={token} />
      <div class="bar">
        <Stretches held={held} />
        <Now held={held} name={name} />
      </div>
      <Ends held={held} />
    </div>
  );
}

function Runway({ token }: { token: Signal<TokenStanding> }) {
  const { left, survives } = runwayWords(token.value, now.value);
  return (
    <p class="runway">
      <strong>{left}</strong>
      <span>survives {survives}</span>
    </p>
  );
}

/** Drawn once for each token: fresh, due, urgent, and no longer handed out. */
function Stretches({ held }: { held: HeldStanding }) {
  const { askedAt, dueAt, urgentAt, usableUntil, expiresAt } = held;
  const ends = [askedAt, Math.min(dueAt, urgentAt), urgentAt, usableUntil, expiresAt];
  return (
    <>
      {(['fresh', 'due', 'urgent', 'over'] as const).map((stretch, index) => (
        <span key={stretch} class={`stretch ${stretch}`} style={{ width: percent((ends[index + 1] ?? 0) - (ends[index] ?? 0), held) }} />
      ))}
    </>
  );
}

function Now({ held, name }: { held: HeldStanding; name: string }) {
  const left = Math.max(0, held.expiresAt - now.value);
  const lived = Math.min(held.expiresAt, Math.max(held.askedAt, now.value)) - held.askedAt;
  const seconds = Math.round((held.expiresAt - held.askedAt) / 1_000);
  const words = `${durationWords(left)} left of ${durationWords(held.expiresAt - held.askedAt)}`;
  return (
    // biome-ignore lint/a11y/useSemanticElements: browsers draw a <meter> as they like, and it tells no words.
    <span
      class="lived"
      role="meter"
      aria-label={`Life of ${name}`}
      aria-valuemin={0}
      aria-valuemax={seconds}
      aria-valuenow={Math.round(lived / 1_000)}
      aria-valuetext={words}
      style={{ width: percent(lived, held) }}
    />
  );
}

function Ends({ held }: { held: HeldStanding }) {
  const moment = (at: number) => <time dateTime={new Date(at).toISOString()}>{momentWords(at, now.value)}</time>;
  return (
    <p class="ends quiet">
      <span>asked for {moment(held.askedAt)}</span>
      <span>due {moment(held.dueAt)}</span>
      <span>ends {moment(held.expiresAt)}</span>
    </p>
  );
}

function percent(ms: number, { askedAt, expiresAt }: HeldStanding): string {
  return `${((100 * Math.max(0, ms)) / Math.max(1, expiresAt - askedAt)).toFixed(2)}%`;
}
