import type { StoreStanding } from '@evertoken/agent/contract';
import { Fact } from '../parts/fact.tsx';
import { now } from '../parts/ticking.ts';
import { distanceWords, durationWords, momentWords } from '../parts/time-words.ts';
import type { StatusStore } from './status-store.ts';

/** Where tokens survive, and how the agent runs. */
export function AgentFacts({ store }: { store: StatusStore }) {
  const agent = store.agent.value;
  const place = store.store.value;
  if (agent === undefined || place === undefined) return null;
  const { config } = agent;
  return (
    <div class="two">
      <section aria-labelledby="store">
        <h2 id="store">Store</h2>
        <dl class="facts">
          <Fact name="Kind">{kinds[place.kind]}</Fact>
          <Fact name="State">{stateOf(place)}</Fact>
          {place.writer !== null && <Fact name="This agent is called">{place.writer}</Fact>}
          {place.counts !== null && (
            <Fact name="Since the start">
              {place.counts.failed} failed commands, {place.counts.unreadable} unreadable records, {place.counts.leaseWaits} waits for
              another agent
            </Fact>
          )}
        </dl>
      </section>
      <section aria-labelledby="config">
        <h2 id="config">Agent and config</h2>
        <dl class="facts">
          <Fact name="Version">{agent.version}</Fact>
          <Fact name="Runs for">{durationWords(now.value - agent.startedAt)}</Fact>
          <Fact name="Listens on">
            {agent.listen.map((url) => (
              <div key={url}>{url}</div>
            ))}
          </Fact>
          <Fact name="Config">{config.file ?? 'from the environment'}</Fact>
          <Fact name="Config taken">
            {distanceWords(Math.min(config.loadedAt, now.value), now.value)}{' '}
            <span class="quiet">
              ({momentWords(config.loadedAt, now.value)}, number {config.generation} since the start)
            </span>
          </Fact>
          {config.needsRestart.length > 0 && <Fact name="At the next start only">{config.needsRestart.join(', ')}</Fact>}
        </dl>
        {config.problem !== null && (
          <div class="failure">
            <p>
              <strong>The last reload was refused; the config from before is in effect.</strong>
            </p>
            <p>{config.problem}</p>
          </div>
        )}
      </section>
    </div>
  );
}

const kinds = { file: 'sealed files in the state folder', redis: 'Redis or Valkey, shared', postgres: 'PostgreSQL, shared' } as const;

function stateOf({ kind, isDegraded, hasUnsavedTokens }: StoreStanding) {
  if (isDegraded) return <span class="state bad">✖ away: each agent mints for itself until it is back</span>;
  if (hasUnsavedTokens) return <span class="state bad">✖ the state folder takes no token: after a restart it is minted anew</span>;
  return <span class="state good">● {kind === 'file' ? 'in use' : 'shared with the fleet'}</span>;
}
