import type { Random } from '../../../../shared/core/random.ts';
import {
  createTransactionStream,
  type TransactionStream,
} from '../../../../shared/platform/chain/transactions/transaction-stream.ts';
import type { StreamEndpoint } from '../../../../shared/platform/feed/stream-endpoint.ts';
import type { Logger } from '../../../../shared/platform/process/log.ts';
import type { RpcClient } from '../../../../shared/platform/rpc/rpc-client.ts';
import type { BookFeedView } from '../view/book-view.ts';
import type { Books } from './books.ts';

export interface BookFeedParams {
  readonly books: Books;
  /** Logs come over a WebSocket; without one no fills are followed. */
  readonly endpoint: Pick<StreamEndpoint, 'wsUrl' | 'headers'> | undefined;
  readonly rpc: RpcClient;
  readonly random: Random;
  readonly log: Logger;
  /** The most books whose fills are followed; 0: none. */
  readonly maxFollowed: number;
}

/** Keeps the fills of the market's books coming, beside the line and never in its way. */
export interface BookFeed {
  start(): void;
  view(): BookFeedView;
  /** Transactions by what became of them since the start. */
  outcomes(): readonly (readonly [string, number])[];
  stop(): Promise<void>;
}

/** Pools come and go rarely, and a book that is followed a little late catches up by its history. */
const LOOK_MS = 2_000;

export function createBookFeed(params: BookFeedParams): BookFeed {
  const { books, endpoint, rpc, random, log, maxFollowed } = params;
  let stream: TransactionStream | undefined;
  let timer: NodeJS.Timeout | undefined;

  const look = (): void => stream?.follow(books.pools().slice(0, maxFollowed));

  return {
    start() {
      if (maxFollowed === 0 || endpoint?.wsUrl === undefined) return;
      stream = createTransactionStream({
        wsUrl: endpoint.wsUrl,
        headers: endpoint.headers,
        rpc,
        random,
        onTransaction: books.take,
        onProblem: (event, values) => log.warning(event, values),
      });
      look();
      timer = setInterval(look, LOOK_MS);
    },
    view() {
      if (stream === undefined) return { state: 'off', transactions: 0, lost: 0 };
      const { live, told, failed, dropped } = stream.stats();
      return { state: live ? 'live' : 'down', transactions: told, lost: failed + dropped };
    },
    outcomes() {
      const { told = 0, failed = 0, tooNew = 0, dropped = 0, unread = 0 } = stream?.stats() ?? {};
      return [
        ['told', told],
        ['unreadable', failed - tooNew + unread],
        ['version-too-new', tooNew],
        ['dropped', dropped],
      ];
    },
    async stop() {
      clearInterval(timer);
      await stream?.stop();
    },
  };
}
