import type { ChainValues } from '../../../core/chain-parameters.ts';
import { refusal, success } from '../../../core/outcome.ts';
import type { BackupRefusal, BackupRouter } from '../../../execution/backup-router.ts';
import { judgeSwap } from './judge-swap.ts';
import type { Jupiter, JupiterRefusal } from './jupiter.ts';

export interface BackupRouterOptions {
  readonly jupiter: Jupiter;
  /** More than this the plan must not offer for a compute unit. */
  readonly maxUnitPriceMicroLamports: bigint;
  /** What the chain is now. */
  readonly chain: () => Pick<ChainValues, 'transactionUnits'>;
}

/** Backup routes out of Jupiter's swap instructions. Every instruction is judged; nothing is signed or sent. */
export function createBackupRouter({
  jupiter,
  maxUnitPriceMicroLamports,
  chain,
}: BackupRouterOptions): BackupRouter {
  return {
    async plan(ask) {
      const { mintIn, mintOut, amountIn, maxSlippageBps, owner } = ask;
      const wanted = { mintIn, mintOut, amountIn, slippageBps: maxSlippageBps };
      const planned = await jupiter.plan(wanted, owner);
      if (!planned.ok) return refusal(meaning(planned.reason), planned.detail ?? planned.reason);
      const { quote, swap } = planned.value;
      const { transactionUnits } = chain();
      const judged = judgeSwap(ask, quote, swap, { maxUnitPriceMicroLamports, transactionUnits });
      if (!judged.ok) return judged;
      return success({
        ask,
        expectedOut: quote.amountOut,
        minimumOut: judged.value.minimumOut,
        instructions: judged.value.instructions,
        lookupTables: swap.lookupTables,
        route: quote.steps.map(({ label }) => label),
      });
    },
  };
}

function meaning(reason: JupiterRefusal): BackupRefusal {
  if (reason === 'no-route') return 'no-route';
  return reason === 'bad-answer' || reason === 'refused' ? 'bad-quote' : 'unavailable';
}
