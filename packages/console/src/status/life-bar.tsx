import type { HeldStanding, TokenStanding } from '@evertoken/agent/contract';
import { type Signal, useComputed, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
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
        <Lived key={held.fingerprint} held={held} name={name} />
      </div>
      <Ends held={held} />
    </div>
  );
}

/** Of hundreds, each second, only the words that are others than before are written. */
function Runway({ token }: { token: Signal<TokenStanding> }) {
  const left = useComputed(() => runwayWords(token.value, now.value).left);
  const survives = useComputed(() => runwayWords(token.value, now.value).survives);
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

function Lived({ held, name }: { held: HeldStanding; name: string }) {
  const { askedAt, expiresAt } = held;
  const veil = useRef<HTMLSpanElement>(null);
  const livedMs = useComputed(() => Math.min(expiresAt, Math.max(askedAt, now.value)) - askedAt);
  const width = useComputed(() => percent(livedMs.value, held));
  const seconds = useComputed(() => Math.round(livedMs.value / 1_000));
  const words = useComputed(() => `${durationWords(expiresAt - now.value)} left of ${durationWords(expiresAt - askedAt)}`);
  useSignalEffect(() => {
    const wanted = width.value;
    if (veil.current !== null) veil.current.style.width = wanted;
  });
  return (
    // biome-ignore lint/a11y/useSemanticElements: browsers draw a <meter> as they like, and it tells no words.
    <span
      ref={veil}
      class="lived"
      role="meter"
      aria-label={`Life of ${name}`}
      aria-valuemin={0}
      aria-valuemax={Math.round((expiresAt - askedAt) / 1_000)}
      aria-valuenow={seconds}
      aria-valuetext={words}
    />
  );
}

function Ends({ held }: { held: HeldStanding }) {
  const moment = (at: number) => <time dateTime={new Date(at).toISOString()}>{momentWords(at, now.peek())}</time>;
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
