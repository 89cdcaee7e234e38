import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** The connections of a server. */
export interface ConnectionRoom {
  readonly open: number;
  /** This one stays: it carries an event stream, of which there are few. */
  keep(socket: Socket): void;
}

/**
 * Room for every newcomer: past `most` connections the one that has done nothing for longest is ended, not the newest
 * refused. A request takes milliseconds, so this hits those who only hold connections: nobody can lock others out.
 */
export function makeConnectionRoom(server: Server, most: number): ConnectionRoom {
  /** Those without a stream; a set keeps its order, and whoever asks goes to its end. */
  const others = new Set<Socket>();
  const kept = new Set<Socket>();

  server.on('connection', (socket) => {
    others.add(socket);
    socket.once('close', () => {
      others.delete(socket);
      kept.delete(socket);
    });
    if (others.size + kept.size <= most) return;
    const [idlest = socket] = others;
    others.delete(idlest);
    idlest.destroy();
  });
  server.on('request', ({ socket }) => {
    if (others.delete(socket)) others.add(socket);
  });

  return {
    get open() {
      return others.size + kept.size;
    },
    keep(socket) {
      if (others.delete(socket)) kept.add(socket);
    },
  };
}
