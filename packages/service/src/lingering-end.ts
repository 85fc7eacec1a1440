import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { systemSetTimer } from './set-timer.ts';

/** How long a peer may go on sending when its connection has ended, ms. */
const lingerMs = 500;

/**
 * Makes `socket.destroySoon`, by which Node ends a connection after its last answer, wait for a peer that is still sending: the body of the request that
 * `arriving` tells, or, where that is `unreadable`, nobody knows what. Whatever came to a connection that is gone would be answered with a reset, and a reset
 * takes from the peer the answer that it has not read yet. The peer is told the end at once; its connection goes when the body is whole or the peer has ended
 * it too, or half a second later.
 */
export function lingerAtEnd(socket: Socket, arriving: () => IncomingMessage | 'unreadable' | undefined): void {
  const destroySoon = socket.destroySoon.bind(socket);
  let isLingering = false;
  socket.destroySoon = () => {
    if (isLingering) return;
    const incoming = arriving();
    if (incoming === undefined || socket.destroyed) return destroySoon();
    isLingering = true;
    socket.end();
    const timer = systemSetTimer(() => socket.destroy(), lingerMs);
    socket.once('close', () => timer.cancel());
    if (incoming === 'unreadable') return void socket.resume();
    incoming.once('end', destroySoon);
    // Whoever began to read it wants no more, and what nobody reads holds up the peer. Where nobody listens, Node would take this for a pause.
    if (incoming.listenerCount('readable') > 0) incoming.removeAllListeners('readable');
    incoming.resume();
  };
}
