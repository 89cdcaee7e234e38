import { ArbError, errorText } from '../../../shared/core/errors.ts';
import { createLocalMarket } from '../../../shared/run/local-market.ts';
import { startLocalNode } from '../../../shared/sim/wire/node.ts';
import { startLocalApis } from './local-apis.ts';
import type { LocalNodeReply } from './local-node.ts';

/**
 * The process that the local node lives in, so that its traders and sockets share neither turns nor memory with the
 * service: a validator would not either. Arguments: the market, the seed, and what its chain is. It ends when its parent lets go of it.
 */
const [source = 'built-in', seed = '1', sim = '{}'] = process.argv.slice(2);

// Ctrl-C reaches the whole process group; the service drains first and then lets go of its market.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('SIGHUP', () => {});
process.on('disconnect', () => process.exit(0));

const reply = (message: LocalNodeReply): void => {
  process.send?.(message);
};

try {
  const { world, pools, skipped, symbols } = createLocalMarket(source, Number(seed), JSON.parse(sim));
  const { rpcUrl, wsUrl } = await startLocalNode({
    bank: world.bank,
    onSlotStart: () => world.traders.trade(),
    beforeTransaction: (pools) => {
      world.beforeUserTransaction(pools);
    },
  });
  const named = pools.map(({ venue, address }) => ({ venue: venue.id, address }));
  const { jupiterUrl, heliusUrl, heliusKey } = await startLocalApis({ bank: world.bank, pools: named });
  const apis = { jupiterUrl, heliusUrl, heliusKey };
  reply({ ok: true, rpcUrl, wsUrl, pools: named, skipped, symbols, apis });
} catch (error) {
  const code = error instanceof ArbError ? error.code : 'local-node-failed';
  reply({ ok: false, code, message: errorText(error) });
}
