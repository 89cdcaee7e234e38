import { refusal, success } from '../../core/outcome.ts';
import type { BackupRefusal, BackupRouter } from '../../execution/backup-router.ts';
import { judgeSwap } from './judge-swap.ts';
import type { Jupiter, JupiterRefusal } from './jupiter.ts';

export interface BackupRouterOptions {
  readonly jupiter: Jupiter;
  /** More than this the plan must not offer for a compute unit. */
  readonly maxUnitPriceMicroLamports: bigint;
}

/** Backup routes out of Jupiter's swap instructions. Every instruction is judged; nothing is signed or sent. */
export function createBackupRouter({
  jupiter,
  maxUnitPriceMicroLamports,
}: BackupRouterOptions): BackupRouter {
  return {
    async plan(ask) {
      const { mintIn, mintOut, amountIn, maxSlippageBps, owner } = ask;
      const quote = await jupiter.quote(
        { mintIn, mintOut, amountIn, slippageBps: maxSlippageBps },
        'execution',
      );
      if (!quote.ok) return refusal(meaning(quote.reason), quote.detail ?? quote.reason);
      const swap = await jupiter.swapInstructions(quote.value, owner);
      if (!swap.ok) return refusal(meaning(swap.reason), swap.detail ?? swap.reason);
      const judged = judgeSwap(ask, quote.value, swap.value, maxUnitPriceMicroLamports);
      if (!judged.ok) return judged;
      return success({
        ask,
        expectedOut: quote.value.amountOut,
        minimumOut: judged.value.minimumOut,
        instructions: judged.value.instructions,
        lookupTables: swap.value.lookupTables,
        route: quote.value.steps.map(({ label }) => label),
      });
    },
  };
}

function meaning(reason: JupiterRefusal): BackupRefusal {
  if (reason === 'no-route') return 'no-route';
  return reason === 'bad-answer' || reason === 'refused' ? 'bad-quote' : 'unavailable';
}
