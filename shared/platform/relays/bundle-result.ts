import { U64_MAX } from '../../core/units.ts';
import type { WireBundleResult } from './searcher-service.ts';

/**
 * What a block engine tells of a bundle. None of it proves that the transaction will not land: what was rejected in one
 * auction may have been accepted in another, and what was dropped may land alone.
 */
export type BundleResult = { readonly bundleId: string } & (
  | { readonly result: 'accepted'; readonly slot: number; readonly validator: string }
  /** Outbid; what others bid, in lamports, is worth learning from. */
  | { readonly result: 'outbid'; readonly auctionId: string; readonly simulatedBidLamports: bigint }
  | { readonly result: 'simulation-failed'; readonly signature: string; readonly detail: string }
  | { readonly result: 'refused'; readonly reason: 'internal-error' | 'no-leader'; readonly detail: string }
  | { readonly result: 'processed'; readonly slot: number; readonly validator: string }
  | { readonly result: 'finalized' }
  | {
      readonly result: 'dropped';
      readonly reason: 'blockhash-expired' | 'partially-processed' | 'not-finalized' | 'unknown';
    }
);

const DROPPED = ['blockhash-expired', 'partially-processed', 'not-finalized'] as const;

/** A result as it came; undefined where it says nothing that is known. */
export function readBundleResult(wire: WireBundleResult): BundleResult | undefined {
  const { bundleId, result, accepted, processed, dropped } = wire;
  if (bundleId === '') return undefined;
  switch (result) {
    case 'accepted':
      return accepted ? { bundleId, result, ...at(accepted) } : undefined;
    case 'processed':
      return processed ? { bundleId, result, ...at(processed) } : undefined;
    case 'finalized':
      return { bundleId, result };
    case 'dropped':
      return { bundleId, result, reason: DROPPED[dropped?.reason ?? -1] ?? 'unknown' };
    case 'rejected':
      return rejected(bundleId, wire.rejected);
    default:
      return undefined;
  }
}

function rejected(bundleId: string, wire: WireBundleResult['rejected']): BundleResult | undefined {
  const bid = wire?.stateAuctionBidRejected ?? wire?.winningBatchBidRejected;
  if (bid !== undefined && bid !== null) {
    const simulatedBidLamports = BigInt(bid.simulatedBidLamports);
    if (simulatedBidLamports > U64_MAX) return undefined;
    return { bundleId, result: 'outbid', auctionId: bid.auctionId, simulatedBidLamports };
  }
  const { simulationFailure, internalError, droppedBundle } = wire ?? {};
  if (simulationFailure) {
    const { txSignature, msg = '' } = simulationFailure;
    return { bundleId, result: 'simulation-failed', signature: txSignature, detail: msg };
  }
  if (internalError)
    return { bundleId, result: 'refused', reason: 'internal-error', detail: internalError.msg };
  if (droppedBundle) return { bundleId, result: 'refused', reason: 'no-leader', detail: droppedBundle.msg };
  return undefined;
}

function at({ slot, validatorIdentity }: { readonly slot: string; readonly validatorIdentity: string }) {
  return { slot: Number(slot), validator: validatorIdentity };
}
