import { hasRedis } from '@evertoken/testkit';
import { seededRandom } from '@evertoken/testkit/simulation';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chaosAsked } from './fleet/chaos-asked.ts';
import { fleetScript } from './fleet/fleet-script.ts';
import { playChaos } from './fleet/play-chaos.ts';
import { type TroubleName, troubles } from './fleet/troubles.ts';

const isMissing = !hasRedis();
if (isMissing) console.warn('SKIPPED: chaos of a fleet: Redis is not installed here.');

const { seed, minutes, agents, libraries } = chaosAsked ?? { seed: 5, minutes: 1, agents: 6, libraries: 4 };

describe.skipIf(isMissing)('a fleet of real processes that share a token', () => {
  it('is served through every trouble of its store, its issuer and its own processes, and asks the issuer no more than it may', {
    timeout: 600_000 + minutes * 240_000,
  }, async () => {
    const random = seededRandom(seed);
    const kinds = Object.keys(troubles) as TroubleName[];
    const lifetimeSeconds = 12 + 2 * (seed % 5);
    const lines: string[] = [];
    // What takes minutes is told as it goes.
    const say = chaosAsked === undefined ? (line: string) => void lines.push(line) : (line: string) => console.log(line);
    onTestFinished(() => console.log(lines.join('\n')));
    const again = `npm run chaos -- --seed ${seed} --minutes ${minutes} --agents ${agents} --libraries ${libraries}`;
    say(`chaos of ${agents} agents and ${libraries} library processes, tokens of ${lifetimeSeconds} s; again: ${again}`);
    const { spans, totals, rotations, lives, requestsALifetime } = await playChaos({
      size: { agents, libraries, lifetimeSeconds, readEveryMs: 50, callEveryMs: 300 },
      random,
      calmTokens: chaosAsked === undefined ? 2 : 10,
      script: fleetScript(kinds, minutes, random),
      // Where nothing is asked for, all of one round.
      longestMs: chaosAsked === undefined ? Number.POSITIVE_INFINITY : minutes * 60_000,
      say,
    });
    say(
      Object.entries(totals)
        .map(([name, count]) => `${count} ${name}`)
        .join(', '),
    );
    say(`while all was well: ${requestsALifetime?.toFixed(3) ?? 'no'} requests a lifetime`);
    const beyond = (of: 'issued' | 'failed' | 'herd') => spans.filter((span) => span[of].count > span[of].bound).map(({ name }) => name);
    expect(spans.flatMap(({ broken }) => broken)).toEqual([]);
    // Where troubles of the store have used up its time, a node may have nothing left when the issuer fails too; it is told of in this span or one of the next two.
    const judged = spans.filter((_, index) => !spans.slice(Math.max(0, index - 2), index + 1).some(({ isIssuerAway }) => isIssuerAway));
    expect(judged.flatMap(({ name, empty }) => empty.map((read) => `${name}: ${read}`))).toEqual([]);
    expect(judged.flatMap(({ name, callsFailed }) => callsFailed.map((call) => `${name}: ${call}`))).toEqual([]);
    expect({ issued: beyond('issued'), failed: beyond('failed'), herd: beyond('herd') }).toEqual({ issued: [], failed: [], herd: [] });
    expect(requestsALifetime ?? 1).toBeLessThanOrEqual(1.05);
    expect(totals.refused).toBeLessThanOrEqual(rotations * lives);
  });
});
