import { addressAt } from '../../../core/address.ts';
import { createRandom, type Random } from '../../../core/random.ts';
import { decodeMarket, ORDER_BYTES, TREE_HEADER_BYTES, viewOf } from '../layout.ts';
import { ACTIVE } from '../program.ts';
import { encodeMarket, type NewOrder } from './encode.ts';

/** Orders on each side of the largest market that the program makes. */
const ORDERS = 4_096;
const SEATS = 128;
const MAKERS = 12;
const MIDDLE = 100_000;

const keyOf = (byte: number) => addressAt(new Uint8Array(32).fill(byte));

/**
 * The bytes of a market of the largest size without a free place in its book, for benches and tests. `placed` scatters
 * the orders over the nodes of their trees, as orders that come and go do; `sized` gives them their lots.
 */
export function fullMarket(seed: { readonly placed: string; readonly sized: string }): Uint8Array {
  const sized = createRandom(seed.sized);
  const token = (byte: number, lotSize: bigint) => ({
    mint: keyOf(byte),
    decimals: 6,
    vault: keyOf(byte + 1),
    vaultBump: 255,
    lotSize,
  });
  const data = encodeMarket({
    orders: ORDERS,
    seats: SEATS,
    status: ACTIVE,
    base: token(3, 100n),
    quote: token(5, 1n),
    rawBaseUnits: 1,
    baseLotsPerUnit: 100n,
    tickLots: 100n,
    feeBps: 2n,
    unclaimedFees: 0n,
    authority: keyOf(9),
    bids: side(true, sized),
    asks: side(false, sized),
    traders: Array.from({ length: MAKERS }, (_, i) => ({
      address: keyOf(20 + i),
      quoteLocked: 1n << 60n,
      quoteFree: 0n,
      baseLocked: 1n << 60n,
      baseFree: 0n,
    })),
  });
  const placed = createRandom(seed.placed);
  const decoded = decodeMarket(data);
  if (!decoded.ok) throw new Error(`no market: ${decoded.reason}`);
  scatter(data, decoded.value.bids.offset, placed);
  scatter(data, decoded.value.asks.offset, placed);
  return data;
}

function side(isBids: boolean, random: Random): NewOrder[] {
  return Array.from({ length: ORDERS }, (_, i) => ({
    ticks: BigInt(isBids ? MIDDLE - (i >> 1) : MIDDLE + 1 + (i >> 1)),
    sequence: BigInt(i + 1),
    trader: random.below(MAKERS),
    lots: BigInt(1 + random.below(10_000)),
    lastValidSlot: 0n,
    lastValidUnixTimestamp: 0n,
  }));
}

/** Moves the nodes of a tree to other places, links and all. */
function scatter(data: Uint8Array, tree: number, random: Random): void {
  const to = Array.from({ length: ORDERS + 1 }, (_, node) => node);
  for (let left = ORDERS; left > 1; left--) {
    const other = 1 + random.below(left);
    [to[left], to[other]] = [to[other]!, to[left]!];
  }
  const view = viewOf(data);
  const nodes = tree + TREE_HEADER_BYTES;
  const before = data.slice(nodes, nodes + ORDERS * ORDER_BYTES);
  const old = viewOf(before);
  view.setUint32(tree, to[view.getUint32(tree, true)]!, true);
  for (let node = 1; node <= ORDERS; node++) {
    const from = (node - 1) * ORDER_BYTES;
    const at = nodes + (to[node]! - 1) * ORDER_BYTES;
    data.set(before.subarray(from, from + ORDER_BYTES), at);
    for (const link of [0, 4, 8]) view.setUint32(at + link, to[old.getUint32(from + link, true)]!, true);
  }
}
