import type { NodeRecord } from './node-record.ts';
import type { RedisWire } from './redis-wire.ts';

/** A process that has its token from the shared store: an agent, or one with the library. */
export interface FleetNode {
  readonly name: string;
  readonly record: NodeRecord;
  readonly wire: RedisWire;
  readonly isRunning: boolean;
  start(): Promise<void>;
  /** Kills the process where it stands. */
  kill(): Promise<void>;
  /** Stops the process where it stands; `thaw` lets it go on. */
  freeze(): void;
  thaw(): void;
  /** Ends it for good. */
  close(): Promise<void>;
}

/** Where all nodes have their token from, and what for. */
export interface GroundSettings {
  /** Folder of this run. */
  readonly folder: string;
  /** 32 bytes, base64. */
  readonly sealingKey: string;
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly audience: string;
  /** Files with the secrets that may be valid. */
  readonly secretFiles: readonly string[];
  readonly apiOrigin: string;
}

/** The same, and how often each node is read and calls. */
export interface FleetSettings extends GroundSettings {
  readonly readEveryMs: number;
  readonly callEveryMs: number;
}
