import type { AccountWrite } from '../../../core/account.ts';
import { type Address, addressBytes, findProgramAddress, TOKEN_PROGRAM } from '../../../core/address.ts';
import { ArbError } from '../../../core/errors.ts';
import { createRandom, type Random } from '../../../core/random.ts';
import { U64_MAX } from '../../../core/units.ts';
import type { PoolSpec, SynthesizedPool } from '../../local/local-venue.ts';
import { encodeTokenAccount, rentExemptLamports } from '../../token/token.ts';
import { ACTIVE, PHOENIX_PROGRAM } from '../program.ts';
import { encodeMarket, type NewOrder, type NewToken, type NewTrader } from './encode.ts';

/** The smallest market that the program makes. */
const ORDERS = 512;
const SEATS = 128;
const MAKERS = 3;
const LEVELS = 60;
/** How far from the middle the last order stands, and the first, in log price. */
const REACH = 0.06;
const HALF_SPREAD = 1e-4;
/** Ticks are no wider than this share of the price, unless lots would become too big for the pool's depth. */
const TICK = 1e-4;
const WIDEST_TICK = 0.02;
/** Quote base units that a pool's depth has for each whole lot, at least. */
const LOTS_OF_DEPTH = 2e6;
/** A pool without this many ticks under its price has no room for bids. */
const LEAST_TICKS = 20;
const PAST_SLOT = 1_000n;
const PAST_TIME = 1_000_000n;
const FAR_FUTURE = 1n << 40n;

const text = new TextEncoder();

/**
 * A fresh market of the program's smallest size with 60 orders on each side, thin at the spread and thicker away from
 * it, by three makers. Variant modulo 4: 0 no order expires, 1 some have expired, 2 some will, 3 both. `mintA` is the
 * base. Throws `spec-invalid` for a mint of Token-2022, which the program does not move, and for a price out of range.
 */
export function synthesize(spec: PoolSpec): SynthesizedPool {
  for (const program of [spec.tokenProgramA, spec.tokenProgramB]) {
    if (program !== undefined && program !== TOKEN_PROGRAM) {
      throw new ArbError('spec-invalid', `Phoenix moves SPL Token only, not ${program}`);
    }
  }
  const random = createRandom(spec.seed).fork('book');
  const units = marketUnits(spec);
  const { address } = derive('market', text.encode(spec.seed));
  const base = token(address, spec.mintA, spec.decimalsA, units.baseLotSize);
  const quote = token(address, spec.mintB, spec.decimalsB, 1n);
  const asks = orders(spec, units, random.fork('asks'), false);
  const bids = orders(spec, units, random.fork('bids'), true);
  const tickPerLot = units.tickLots / units.baseLotsPerUnit;
  const traders = makers(spec, bids, asks, tickPerLot);
  const quoteInside = traders.reduce((sum, t) => sum + t.quoteLocked + t.quoteFree, 0n);
  const baseInside = traders.reduce((sum, t) => sum + t.baseLocked + t.baseFree, 0n);
  const unclaimedFees = quoteInside / 100_000n;
  const data = encodeMarket({
    orders: ORDERS,
    seats: SEATS,
    status: ACTIVE,
    base,
    quote,
    rawBaseUnits: units.rawBaseUnits,
    baseLotsPerUnit: units.baseLotsPerUnit,
    tickLots: units.tickLots,
    feeBps: BigInt(spec.feeBps),
    unclaimedFees,
    authority: derive('authority', text.encode(spec.seed)).address,
    bids,
    asks,
    traders,
  });
  const account = { owner: PHOENIX_PROGRAM, lamports: rentExemptLamports(data.length), data };
  return {
    address,
    accounts: [
      { address, account },
      vault(base, baseInside * base.lotSize),
      vault(quote, quoteInside + unclaimedFees),
    ],
  };
}

interface MarketUnits {
  readonly rawBaseUnits: number;
  readonly baseLotsPerUnit: bigint;
  readonly baseLotSize: bigint;
  readonly tickLots: bigint;
  /** The price without a spread, in ticks. */
  readonly midTicks: number;
  /** Base lots on each side. */
  readonly depthLots: number;
}

/**
 * Lots and ticks in powers of ten. The program ties them: a tick is a multiple of the base lots of one unit, so that a
 * finer lot means a coarser price. A unit is made of as many whole tokens as its price needs to have ticks.
 */
function marketUnits(spec: PoolSpec): MarketUnits {
  const depthQuote = spec.depthA * spec.price * 10 ** spec.decimalsB;
  const tick = Math.min(WIDEST_TICK, Math.max(TICK, LOTS_OF_DEPTH / depthQuote));
  const pricePerToken = spec.price * 10 ** spec.decimalsB;
  const exponent = Math.floor(Math.log10(pricePerToken * tick) + 1e-9);
  const rawExponent = Math.max(0, -exponent);
  const tickExponent = exponent + rawExponent;
  const lotsExponent = Math.min(tickExponent, spec.decimalsA + rawExponent);
  const rawBaseUnits = 10 ** rawExponent;
  const midTicks = (pricePerToken * rawBaseUnits) / 10 ** tickExponent;
  if (!(midTicks >= LEAST_TICKS) || rawExponent > 9 || tickExponent > 18) {
    throw new ArbError('spec-invalid', `no ticks for a price of ${spec.price}`, { price: spec.price });
  }
  const baseLotsPerUnit = 10n ** BigInt(lotsExponent);
  const baseLotSize = 10n ** BigInt(spec.decimalsA + rawExponent - lotsExponent);
  // A quarter of what 64 bits hold is plenty for a vault.
  const most = Number(U64_MAX) / 4;
  const depthBase = Math.min(spec.depthA, most / 10 ** spec.decimalsA, (spec.depthA * most) / depthQuote);
  const depthLots = (depthBase * 10 ** spec.decimalsA) / Number(baseLotSize);
  return {
    rawBaseUnits,
    baseLotsPerUnit,
    baseLotSize,
    tickLots: 10n ** BigInt(tickExponent),
    midTicks,
    depthLots,
  };
}

/** One side, best order first. Depth grows with the distance from the middle as it does along a curve. */
function orders(spec: PoolSpec, units: MarketUnits, random: Random, isBids: boolean): readonly NewOrder[] {
  const placed: NewOrder[] = [];
  for (let level = 0; level < LEVELS; level++) {
    const away = HALF_SPREAD + REACH * (level / LEVELS) ** 1.5;
    const price = units.midTicks * Math.exp(isBids ? -away : away);
    const share = ((level + 1) / LEVELS) ** 1.5 - (level / LEVELS) ** 1.5;
    const lots = Math.max(1, Math.round(units.depthLots * share * (0.7 + 0.6 * random.next())));
    placed.push({
      ticks: BigInt(isBids ? Math.floor(price) : Math.ceil(price)),
      // Older orders stand in front at one price.
      sequence: BigInt(2 * level + (isBids ? 1 : 2)),
      trader: random.below(MAKERS),
      lots: BigInt(lots),
      ...expiry(spec.variant % 4, level),
    });
  }
  return placed;
}

function expiry(variant: number, level: number) {
  const past = variant === 1 || variant === 3;
  const future = variant === 2 || variant === 3;
  const bySlot = past && level % 7 === 0 ? PAST_SLOT : future && level % 3 === 1 ? FAR_FUTURE : 0n;
  const byTime = past && level % 9 === 4 ? PAST_TIME : future && level % 5 === 2 ? FAR_FUTURE : 0n;
  return { lastValidSlot: bySlot, lastValidUnixTimestamp: byTime };
}

/** The makers in byte order; each has locked what its orders offer and a tenth of that free. */
function makers(
  spec: PoolSpec,
  bids: readonly NewOrder[],
  asks: readonly NewOrder[],
  quoteLotsPerTickLot: bigint,
): readonly NewTrader[] {
  const addresses = Array.from(
    { length: MAKERS },
    (_, i) => derive('maker', text.encode(spec.seed), Uint8Array.of(i)).address,
  );
  addresses.sort((a, b) => compareBytes(addressBytes(a), addressBytes(b)));
  return addresses.map((address, trader) => {
    const own = (side: readonly NewOrder[]) => side.filter((order) => order.trader === trader);
    const quoteLocked = own(bids).reduce((sum, o) => sum + o.ticks * o.lots * quoteLotsPerTickLot, 0n);
    const baseLocked = own(asks).reduce((sum, o) => sum + o.lots, 0n);
    return { address, quoteLocked, quoteFree: quoteLocked / 10n, baseLocked, baseFree: baseLocked / 10n };
  });
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

function token(market: Address, mint: Address, decimals: number, lotSize: bigint): NewToken {
  const { address, bump } = derive('vault', addressBytes(market), addressBytes(mint));
  return { mint, decimals, vault: address, vaultBump: bump, lotSize };
}

/** A vault's authority is the vault's own address. */
function vault(of: NewToken, amount: bigint): AccountWrite {
  const account = encodeTokenAccount({
    mint: of.mint,
    owner: of.vault,
    amount,
    tokenProgram: TOKEN_PROGRAM,
  });
  return { address: of.vault, account };
}

function derive(label: string, ...seeds: readonly Uint8Array[]) {
  return findProgramAddress([text.encode(label), ...seeds], PHOENIX_PROGRAM);
}
