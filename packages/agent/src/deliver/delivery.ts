import type { Clock } from '@evertoken/client';
import type { Log } from '@evertoken/service';
import type { FastifyInstance } from 'fastify';
import type { AppDirectory } from '../apps/app-directory.ts';
import type { TokenBook } from '../tokens/token-book.ts';
import type { ListenerOf } from './listener-of.ts';

/** A door: one way in which programs get at tokens over HTTP. */
export interface Delivery {
  /** Adds its routes, parsers and error form to a server part of its own. */
  open(server: FastifyInstance): void;
}

/** What every door that hands something out is made of. */
export interface DoorParts {
  readonly apps: AppDirectory;
  readonly book: TokenBook;
  readonly listenerOf: ListenerOf;
  readonly log: Log;
  /** Gets the audit lines. */
  readonly auditLog: Log;
  readonly clock: Clock;
}
