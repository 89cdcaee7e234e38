import type { ServerResponse } from 'node:http';
import type { DashboardState } from '../dashboard/view/view.ts';
import { changesBetween, cutFrame, type Frame } from './changes.ts';

/** The live streams of all open pages. */
export interface StateStream {
  /**
   * Takes over `response` and streams to it; false when `from` has too many streams already. When all are too many,
   * the oldest stream of whoever has most of them gives way, so that nobody can lock others out.
   */
  open(response: ServerResponse, from?: string): boolean;
  /** Open streams. */
  count(): number;
  /** Ends every stream. */
  close(): void;
}

export interface StateStreamOptions {
  readonly state: () => DashboardState;
  /** Told when `state` throws; the streams stay open and the page shows how old its figures are. */
  readonly onError: (where: string, error: unknown) => void;
  readonly everyMs?: number;
  readonly heartbeatMs?: number;
  /** A client that takes nothing for this long is cut off. */
  readonly stuckMs?: number;
  readonly maxStreams?: number;
  /** Of one address. */
  readonly maxStreamsEach?: number;
}

interface Client {
  readonly from: string;
  readonly response: ServerResponse;
  /** What the client holds once everything written has arrived; undefined before its snapshot. */
  sent: Frame | undefined;
  quietMs: number;
  stuckMs: number;
}

/**
 * Server-sent events: a `snapshot`, then `change` events. A client whose socket has not taken the last event gets
 * nothing more until it has, and then the difference to the newest state: at most one event is ever queued for it,
 * however slow it is. One timer serves all, and stands still while nobody watches.
 */
export function createStateStream(options: StateStreamOptions): StateStream {
  const {
    everyMs = 500,
    heartbeatMs = 10_000,
    stuckMs = 20_000,
    maxStreams = 64,
    maxStreamsEach = 16,
  } = options;
  const clients = new Set<Client>();
  let timer: NodeJS.Timeout | undefined;

  function currentFrame(): { readonly frame: Frame; readonly state: DashboardState } | undefined {
    try {
      const state = options.state();
      return { state, frame: cutFrame(state) };
    } catch (error) {
      options.onError('dashboard state', error);
      return undefined;
    }
  }

  function tick(): void {
    const current = currentFrame();
    let snapshot: string | undefined;
    for (const client of clients) {
      if (client.response.writableNeedDrain) {
        client.stuckMs += everyMs;
        if (client.stuckMs >= stuckMs) client.response.destroy();
        continue;
      }
      client.stuckMs = 0;
      if (current === undefined) {
        beat(client);
      } else if (client.sent === undefined) {
        snapshot ??= JSON.stringify(current.state);
        write(client, 'snapshot', snapshot, current.frame);
      } else {
        const change = changesBetween(client.sent, current.frame);
        if (change === undefined) beat(client);
        else write(client, 'change', change, current.frame);
      }
    }
  }

  function write(client: Client, event: string, json: string, frame: Frame): void {
    client.response.write(`event: ${event}\ndata: ${json}\n\n`);
    client.sent = frame;
    client.quietMs = 0;
  }

  function beat(client: Client): void {
    client.quietMs += everyMs;
    if (client.quietMs < heartbeatMs) return;
    client.response.write(': still here\n\n');
    client.quietMs = 0;
  }

  function drop(client: Client): void {
    clients.delete(client);
    if (clients.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  const streamsOf = (from: string): Client[] => [...clients].filter((client) => client.from === from);

  /** Ends the oldest stream of whoever has most, if that is more than the newcomer will have. */
  function makeRoom(from: string): boolean {
    let most: Client[] = [];
    for (const address of new Set([...clients].map((client) => client.from))) {
      const streams = streamsOf(address);
      if (streams.length > most.length) most = streams;
    }
    if (most.length <= streamsOf(from).length + 1) return false;
    clients.delete(most[0]!);
    most[0]!.response.destroy();
    return true;
  }

  return {
    open(response, from = '') {
      if (streamsOf(from).length >= maxStreamsEach) return false;
      if (clients.size >= maxStreams && !makeRoom(from)) return false;
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        // Proxies that buffer would turn a live page into one that jumps.
        'x-accel-buffering': 'no',
      });
      response.write('retry: 1000\n\n');
      const client: Client = { from, response, sent: undefined, quietMs: 0, stuckMs: 0 };
      clients.add(client);
      response.on('close', () => drop(client));
      timer ??= setInterval(tick, everyMs);
      const current = currentFrame();
      if (current !== undefined) write(client, 'snapshot', JSON.stringify(current.state), current.frame);
      return true;
    },
    count: () => clients.size,
    close() {
      clearInterval(timer);
      timer = undefined;
      for (const client of clients) client.response.end();
      clients.clear();
    },
  };
}
