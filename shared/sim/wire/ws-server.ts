import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { Bank } from '../chain/bank.ts';
import { answer } from './rpc/dispatch.ts';
import { subscribeMethods } from './rpc/subscribe-methods.ts';
import type { Subscription } from './rpc/subscription.ts';
import { createSubscriptionHub } from './rpc/subscription-hub.ts';

const MAX_MESSAGE_BYTES = 50 * 1_024;
/** A client this far behind is cut off: it would only ever hear of old slots. */
const MAX_UNSENT_BYTES = 64 * 1_024 * 1_024;
const TRY_AGAIN_LATER = 1_013;

/** The WebSocket side of a node. */
export interface PubsubServer {
  /** Takes the WebSocket upgrades of an HTTP server. */
  attach(server: Server): void;
  /** Live subscriptions of all clients. */
  readonly subscriptions: number;
  readonly clients: number;
  /** Cuts every client off without a closing handshake; they may come back. */
  dropClients(): void;
  /** Cuts every client off and stops listening to the bank. */
  close(): void;
}

export function createPubsubServer(bank: Bank): PubsubServer {
  const hub = createSubscriptionHub(bank);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });

  sockets.on('connection', (socket: WebSocket) => {
    const owned = new Set<number>();
    let fresh: Subscription[] = [];
    const send = (text: string): void => {
      if (socket.readyState !== WebSocket.OPEN) return;
      if (socket.bufferedAmount > MAX_UNSENT_BYTES) socket.close(TRY_AGAIN_LATER, 'too far behind');
      else socket.send(text);
    };
    const methods = subscribeMethods(hub, {
      send,
      owned,
      started: (subscription) => fresh.push(subscription),
    });
    socket.on('message', (message, isBinary) => {
      const reply = answer(isBinary ? '' : message.toString(), methods);
      if (reply !== undefined) send(reply);
      const started = fresh;
      fresh = [];
      for (const subscription of started) hub.catchUp(subscription);
    });
    socket.on('close', () => {
      for (const id of owned) hub.remove(id);
      owned.clear();
    });
    // A broken frame closes this socket (ws does that by itself); the node and its other clients go on.
    socket.on('error', () => socket.terminate());
  });

  return {
    attach(server) {
      server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
        sockets.handleUpgrade(request, stream, head, (socket) => sockets.emit('connection', socket, request));
      });
    },
    get subscriptions() {
      return hub.size;
    },
    get clients() {
      return sockets.clients.size;
    },
    dropClients() {
      for (const socket of sockets.clients) socket.terminate();
    },
    close() {
      hub.close();
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}
