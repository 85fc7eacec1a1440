import type { Clock, Random } from '@evertoken/client';
import type { ListenAddress, Log } from '@evertoken/service';
import type { AppDirectory } from '../apps/app-directory.ts';
import { AppUses } from '../apps/app-uses.ts';
import type { AuditTrail } from '../apps/audit/audit-trail.ts';
import { RateLimits } from '../apps/rate-limits.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import type { Outbound } from '../tokens/outbound.ts';
import type { TokenBook } from '../tokens/token-book.ts';
import { AnswersUnderWay } from './answers-under-way.ts';
import { type Answer, type Doorway, openDoorway } from './doors.ts';
import { health } from './health.ts';
import { IssuerPaths } from './issuer-paths.ts';
import { Metrics } from './metrics/metrics.ts';
import { OwnNames } from './own-names.ts';
import { PassThrough } from './pass-through.ts';
import { proxy } from './proxy/proxy.ts';
import type { RunningAgent } from './running-agent.ts';
import { StatusPage, type StatusPageFiles } from './status-page/status-page.ts';
import { tokenApi } from './token-api.ts';
import { issuersTokenEndpoint, tokenEndpoint } from './token-endpoint.ts';
import type { TokenFiles } from './token-file/token-files.ts';
import { TokenRequestReader } from './token-request-body.ts';
import { UnderWay } from './under-way.ts';

/** Of one app so many requests wait for a token at once: with the calls that it may have under way, they leave connections of a listener to others. */
const mostWaitingOfOne = 64;

/** The parts of a config that doors go by. */
export type DoorConfig = Pick<AgentConfig, 'hosts' | 'passThrough' | 'metricsListen'>;

/** All doors behind the guard. */
export interface Doors {
  /** Answers one request that came in on an address of `listen`. */
  readonly answer: Answer;
  /** Answers one that came in on an address for metrics alone. */
  readonly answerMetrics: Answer;
  readonly noteTurnedAway: Doorway['noteTurnedAway'];
  /** Uses another config and other addresses from now on; requests under way are not affected. Apps and tokens change in their directory and book. */
  reconfigure(config: DoorConfig, addresses: readonly ListenAddress[]): Promise<void>;
  /** Path of a link that opens the status page once, within a minute; undefined where there is no such page. */
  newPageLink(): string | undefined;
  /** Ends the event streams, which would otherwise go on for as long as a page is open. */
  endStreams(): void;
  /** Forgets the tokens of clients that were passed through, and asks no issuer any more. */
  close(): Promise<void>;
  /**
   * Resolves when no answer is under way, or after `mostMs`; with how many still are. To be called when the listeners and the token book are closed: then
   * nothing should hold one up.
   */
  ended(mostMs: number): Promise<number>;
}

/** Opens them. */
export function openDoors(parts: {
  config: DoorConfig & Pick<AgentConfig, 'policy'>;
  apps: AppDirectory;
  book: TokenBook;
  files: TokenFiles;
  /** Where it listens, with actual ports. */
  addresses: readonly ListenAddress[];
  outbound: Outbound;
  log: Log;
  audit: AuditTrail;
  clock: Clock;
  random: Random | undefined;
  /** How long an API may take to begin its answer through the proxy, ms. */
  proxyTimeoutMs: number;
  version: string;
  /** The status page; undefined for none. */
  page: StatusPageFiles | undefined;
  /** What the page is told of the agent; undefined while it starts and stops. */
  agent: () => RunningAgent | undefined;
}): Doors {
  const { apps, book, files, outbound, log, audit, clock, random, proxyTimeoutMs, version } = parts;
  // A reload leaves the policy as it is: tokens that are declared and tokens that are passed through are kept in one way, until the next start.
  const { policy } = parts.config;
  let config: DoorConfig = parts.config;
  const upkeep = { config: () => parts.agent()?.config(), tokenFiles: () => files.standings, auditLines: () => audit.counts() };
  const metrics = new Metrics(book, upkeep, version);
  const names = new OwnNames({ hosts: config.hosts, addresses: parts.addresses });
  // One app that is alone has nobody to leave connections to.
  const isAlone = (): boolean => apps.size + config.passThrough.length < 2;
  const waiting = new UnderWay(() => (isAlone() ? Number.POSITIVE_INFINITY : mostWaitingOfOne));
  const passThrough = new PassThrough({ clock, fetch: outbound.fetch, random, policy: () => policy, waiting });
  const passedIssuers = (): AgentConfig['passThrough'] => config.passThrough;
  const paths = new IssuerPaths({ book, passThrough: passedIssuers, fetch: outbound.fetch, clock });
  const uses = new AppUses(clock);
  const doorParts = { apps, book, log, audit, rates: new RateLimits(clock), uses, waiting, metrics, clock };
  const statusPage = parts.page && new StatusPage(parts.page, { ...doorParts, agent: parts.agent });
  const endpointParts = { ...doorParts, names, paths, passThrough, bodies: new TokenRequestReader(), passedIssuers };
  const doors = [
    tokenApi(doorParts),
    tokenEndpoint(endpointParts),
    proxy({ ...doorParts, passThrough, random: random ?? Math.random, upstream: outbound.openUpstream(proxyTimeoutMs) }),
    health({ book, metrics, hasMetrics: () => config.metricsListen.length === 0 }),
    ...(statusPage === undefined ? [] : [statusPage.door]),
    // Last, because it may have to ask an issuer whether a path is that of its token endpoint.
    issuersTokenEndpoint(endpointParts),
  ];
  const underWay = new AnswersUnderWay(clock);
  const around = { names, log, metrics, audit, underWay };
  return {
    ...openDoorway(doors, around),
    answerMetrics: openDoorway([health({ book, metrics, hasMetrics: () => true })], around).answer,
    async reconfigure(next, addresses) {
      config = next;
      names.replace({ hosts: next.hosts, addresses });
      const left = new Set(next.passThrough.map(({ issuer }) => issuer));
      await passThrough.forget((issuer) => !left.has(issuer));
      uses.keep(new Set(apps.all.map(({ name }) => name)));
      statusPage?.reconfigure();
    },
    newPageLink: () => statusPage?.newLink().path,
    endStreams: () => statusPage?.endStreams(),
    async close() {
      paths.close();
      await passThrough.close();
    },
    ended: (mostMs) => underWay.ended(mostMs),
  };
}
