import { addressAt, USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import { createTestBudget } from '../outside/gate/test-budget.ts';
import { createHelius } from '../outside/helius/helius.ts';
import { createJupiter } from '../outside/jupiter/jupiter.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { createTestPool } from '../rpc/pool/test-pool.ts';

/** What a process that asks hostile servers comes to; the test reads it from its output. */
export interface HostileFigures {
  readonly idleMib: number;
  readonly peakMib: number;
  /** Calls by how they ended. */
  readonly answered: number;
  readonly refused: number;
}

const MIB = 1_024 * 1_024;
const AT_ONCE = 24;
const LASTS_MS = 3_000;

/** Asks everything at once, over and over, of an RPC, a Jupiter and a Helius that are all hostile. */
async function main(rpcUrl: string, jupiterUrl: string, heliusUrl: string): Promise<HostileFigures> {
  const clock = createSystemClock();
  const budget = createTestBudget();
  // A breaker that never opens: what is asked here must be asked.
  const breaker = { failures: 1_000_000, openMs: 1, maxOpenMs: 1 };
  const { pool } = createTestPool([{ url: rpcUrl }], { timeoutMs: 1_000, deadlineMs: 2_000, batchSize: 8 });
  const limits = { clock, budget, breaker, requestsPerSecond: 1_000, timeoutMs: 1_000 };
  const jupiter = createJupiter({ url: jupiterUrl, ...limits });
  const helius = createHelius({ apiKey: 'local', url: `${heliusUrl}/`, feeCacheMs: 0, ...limits });
  const addresses = Array.from({ length: 100 }, (_, i) => addressAt(new Uint8Array(32).fill(i + 1)));
  const signature = '5'.repeat(88);
  const ask = { mintIn: WSOL_MINT, mintOut: USDC_MINT, amountIn: 1_000n, slippageBps: 50 };
  const idleMib = process.memoryUsage.rss() / MIB;
  const endMs = Date.now() + LASTS_MS;
  let answered = 0;
  let refused = 0;
  let nth = 0;
  const askAll = async (): Promise<void> => {
    while (Date.now() < endMs) {
      const minContextSlot = ++nth;
      const outcomes = await Promise.allSettled<unknown>([
        pool.getMultipleAccounts(addresses, { minContextSlot }),
        pool.getAccount(addresses[0]!, { minContextSlot }),
        pool.getSlot({ minContextSlot }),
        pool.getTransaction(signature, { minContextSlot }),
        jupiter.prices([WSOL_MINT]).then(orThrow),
        jupiter.quote(ask).then(orThrow),
        helius.priorityFees([]).then(orThrow),
        helius.transactions([signature]).then(orThrow),
      ]);
      for (const { status } of outcomes) {
        if (status === 'fulfilled') answered++;
        else refused++;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askAll));
  return { idleMib, peakMib: process.resourceUsage().maxRSS / 1_024, answered, refused };
}

function orThrow(outcome: { readonly ok: boolean; readonly reason?: string }): unknown {
  if (outcome.ok) return outcome;
  throw new Error(outcome.reason);
}

const [rpcUrl = '', jupiterUrl = '', heliusUrl = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await main(rpcUrl, jupiterUrl, heliusUrl)));
process.exit(0);
