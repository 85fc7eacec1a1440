import { browserClock } from '../parts/page-clock.ts';
import { now } from '../parts/ticking.ts';
import { durationWords } from '../parts/time-words.ts';
import type { Hearing, StatusConnection } from './status-connection.ts';

/** Whether what the page shows is of this moment, and what to do where it is not. */
export function HearingLine({ connection }: { connection: StatusConnection }) {
  const { hearing, lastHeard } = connection;
  const state = hearing.value;
  if (state.kind === 'refused') {
    return (
      <div class="hearing bad" role="alert">
        <strong>No session.</strong> A session ends with the agent, and when nobody has looked for long. Open the page again:{' '}
        <code>{state.command}</code>
      </div>
    );
  }
  return (
    <div class={`hearing ${concerns[state.kind]}`}>
      <span role="status">
        <Words of={state} />
      </span>
      {/* Outside of what is read out: it is another one each second. */}
      {state.kind === 'away' && lastHeard.value !== undefined && <LastHeard at={lastHeard.value} />}
    </div>
  );
}

const concerns = { live: 'good', connecting: '', away: 'bad' } as const;

function Words({ of: state }: { of: Hearing }) {
  if (state.kind === 'live') return <>Live</>;
  if (state.kind !== 'away') return <>Connecting …</>;
  return (
    <>
      <strong>Not of this moment.</strong> {state.reason} Trying again.
    </>
  );
}

function LastHeard({ at }: { at: number }) {
  // Read, so that the words go on with the time; the moment itself is of this machine's clock.
  void now.value;
  return <> Last heard {durationWords(browserClock.now() - at)} ago.</>;
}
