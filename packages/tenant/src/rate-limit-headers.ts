import type { FastifyReply } from 'fastify';
import type { Now } from './clock.ts';

/** Rate-limit headers of a bucket of `capacity` that nothing empties yet: this request took one, and it is full again in a second (contract §4.8). */
export function setRateLimit(reply: FastifyReply, capacity: number, now: Now): void {
  reply.header('X-RateLimit-Limit', String(capacity));
  reply.header('X-RateLimit-Remaining', String(capacity - 1));
  reply.header('X-RateLimit-Reset', String(Math.floor(now() / 1000) + 1));
}
