import { parentPort, workerData } from 'node:worker_threads';
import { ArbError, errorText } from '../../shared/core/errors.ts';
import { startLocalNode } from '../../shared/sim/node.ts';
import { createLocalMarket } from './local-market.ts';
import type { LocalNodeReply, LocalNodeRequest } from './local-node.ts';

/** The thread that the local node lives in: traders and sockets of the market never wait for the service or it for them. */
const port = parentPort;
if (port === null) throw new ArbError('worker-only', 'local-node-worker.ts runs as a worker thread');

const reply = (message: LocalNodeReply): void => port.postMessage(message);

try {
  const { market: source, seed } = workerData as LocalNodeRequest;
  const { world, pools, skipped, symbols } = createLocalMarket(source, seed);
  const node = await startLocalNode({ bank: world.bank, onSlotStart: () => world.traders.trade() });
  const { rpcUrl, wsUrl } = node;
  const named = pools.map(({ venue, address }) => ({ venue: venue.id, address }));
  port.once('message', () => {
    void node.stop().then(() => port.close());
  });
  reply({ ok: true, rpcUrl, wsUrl, pools: named, skipped, symbols });
} catch (error) {
  const code = error instanceof ArbError ? error.code : 'local-node-failed';
  reply({ ok: false, code, message: errorText(error) });
  port.close();
}
