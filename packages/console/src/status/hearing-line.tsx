import { browserClock } from '../parts/page-clock.ts';
import { now } from '../parts/ticking.ts';
import { durationWords } from '../parts/time-words.ts';
import type { StatusConnection } from './status-connection.ts';

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
  if (state.kind === 'away') {
    return (
      <div class="hearing bad" role="status">
        <strong>Not of this moment.</strong>{' '}
        {lastHeard.value === undefined ? 'The agent does not answer' : <LastHeard at={lastHeard.value} />}, trying again.
      </div>
    );
  }
  return (
    <div class={`hearing ${state.kind === 'live' ? 'good' : ''}`} role="status">
      {state.kind === 'live' ? 'Live' : 'Connecting …'}
    </div>
  );
}

function LastHeard({ at }: { at: number }) {
  // Read, so that the words go on with the time; the moment itself is of this machine's clock.
  void now.value;
  return <>Last heard {durationWords(browserClock.now() - at)} ago</>;
}
