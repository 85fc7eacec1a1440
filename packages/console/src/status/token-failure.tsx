import type { TokenStanding } from '@evertoken/agent/contract';
import type { Signal } from '@preact/signals';
import { now } from '../parts/ticking.ts';
import { distanceWords } from '../parts/time-words.ts';

/** Why the last attempt to mint failed, what that means, and what mends it. */
export function TokenFailure({ token }: { token: Signal<TokenStanding> }) {
  const { failure, nextMintAt } = token.value;
  if (failure === null) return null;
  const { message, meaning, step, code, attempts, at, nextAttemptAt } = failure;
  // While the held token is fresh, nothing presses.
  const nextAt = Math.max(nextAttemptAt, nextMintAt ?? 0);
  return (
    <div class="failure">
      <p>
        <strong>{message}</strong> <code>{code}</code>
      </p>
      {meaning !== '' && <p>{meaning}</p>}
      {step !== '' && (
        <p>
          <strong>To mend:</strong> <Coded text={step} />
        </p>
      )}
      <p class="quiet">
        {attempts === 1 ? 'Once' : `${attempts} times in a row`}, last {distanceWords(at, now.value)}; tried again{' '}
        {nextAt <= now.value ? 'now' : distanceWords(nextAt, now.value)}.
      </p>
    </div>
  );
}

/** A text in which `words in backquotes` are code. */
function Coded({ text }: { text: string }) {
  return <>{text.split('`').map((part, index) => (index % 2 === 1 ? <code key={part}>{part}</code> : part))}</>;
}
