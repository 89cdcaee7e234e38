import type { AccountWrite } from '../../../core/account.ts';
import { type Address, addressBytes, findProgramAddress, TOKEN_PROGRAM } from '../../../core/address.ts';
import { ArbError } from '../../../core/errors.ts';
import { U64_MAX } from '../../../core/units.ts';
import type { PoolSpec, SynthesizedPool } from '../../local/local-venue.ts';
import { encodeTokenAccount, rentExemptLamports } from '../../token/token.ts';
import type { AmmFigures, AmmKeys } from '../layout.ts';
import { type BookFunds, NO_FUNDS } from '../order-book.ts';
import {
  AMM_V4_AUTHORITY,
  AMM_V4_PROGRAM,
  OPENBOOK_PROGRAM,
  STATUS_INITIALIZED,
  STATUS_SWAP_ONLY,
  STATUS_WAITING_TRADE,
} from '../program.ts';
import { encodePool } from './encode.ts';
import { type BookAddresses, synthesizeBook, type UnbookedFill } from './synthesize-book.ts';

const text = new TextEncoder();
/** 14 November 2023, so that a waiting pool's time has come. */
const OPENED = 1_700_000_000;

/**
 * A fresh pool of two SPL Token mints; coin is mint A. Variants 0 and 2 only swap, the latter with much owed to the
 * protocol; 1 waits for a trade and its time has come; 3 is attached to an order book that holds part of its funds.
 * Throws `mint-invalid` on a Token-2022 mint.
 */
export function synthesize(spec: PoolSpec): SynthesizedPool {
  for (const program of [spec.tokenProgramA, spec.tokenProgramB]) {
    if (program !== undefined && program !== TOKEN_PROGRAM) {
      throw new ArbError('mint-invalid', 'this program moves SPL Token only', { program });
    }
  }
  const variant = spec.variant % 4;
  const market = derive('market', text.encode(spec.seed));
  const pool = derive('amm_associated_seed', addressBytes(market));
  const associated = (label: string) => derive(label, addressBytes(pool));
  const keys: AmmKeys = {
    coinDecimals: spec.decimalsA,
    pcDecimals: spec.decimalsB,
    coinVault: associated('coin_vault_associated_seed'),
    pcVault: associated('pc_vault_associated_seed'),
    coinMint: spec.mintA,
    pcMint: spec.mintB,
    lpMint: associated('lp_mint_associated_seed'),
    openOrders: associated('open_order_associated_seed'),
    market,
    marketProgram: OPENBOOK_PROGRAM,
    targetOrders: associated('target_associated_seed'),
  };
  const coin = baseUnits(spec.depthA, spec.decimalsA);
  const pc = baseUnits(spec.depthA * spec.price, spec.decimalsB);
  const owed = variant === 2 ? 30n : 4_000n;
  const figures = freshFigures(spec, variant, coin / owed, pc / (owed + 7n));
  const attached = variant === 3;
  // With the fill below, what the vaults alone hold stands at the same price as with the book.
  const funds: BookFunds = attached ? { coin: coin / 40n, pc: (pc * 27n) / 1_000n } : NO_FUNDS;
  // Paid at the pool's own price, so that the fill moves neither the price nor the depth by much.
  const fill: UnbookedFill = attached
    ? { pcPaid: pc / 1_000n, coinReceived: coin / 1_000n }
    : { pcPaid: 0n, coinReceived: 0n };
  const coinVault = coin + figures.needTakePnlCoin - funds.coin - fill.coinReceived;
  const pcVault = pc + figures.needTakePnlPc - funds.pc + fill.pcPaid;
  const accounts: AccountWrite[] = [
    ours(pool, encodePool(keys, figures, geometricMean(coin, pc))),
    vault(keys.coinVault, keys.coinMint, coinVault),
    vault(keys.pcVault, keys.pcMint, pcVault),
  ];
  if (attached) {
    const { coinMint, pcMint } = keys;
    accounts.push(...synthesizeBook({ addresses: bookAddresses(keys), coinMint, pcMint, funds, fill }));
  }
  return { address: pool, accounts };
}

function freshFigures(spec: PoolSpec, variant: number, pnlCoin: bigint, pnlPc: bigint): AmmFigures {
  const status = [STATUS_SWAP_ONLY, STATUS_WAITING_TRADE, STATUS_SWAP_ONLY, STATUS_INITIALIZED][variant];
  return {
    status: status ?? STATUS_SWAP_ONLY,
    swapFeeNumerator: BigInt(spec.feeBps),
    swapFeeDenominator: 10_000n,
    needTakePnlCoin: pnlCoin,
    needTakePnlPc: pnlPc,
    openTime: OPENED,
    swapCoinIn: 0n,
    swapPcOut: 0n,
    swapPcIn: 0n,
    swapCoinOut: 0n,
    swapAccCoinFee: 0n,
    swapAccPcFee: 0n,
    recentEpoch: 0n,
  };
}

function bookAddresses(keys: AmmKeys): BookAddresses {
  const of = (label: string) => derive(label, addressBytes(keys.market));
  return {
    program: keys.marketProgram,
    market: keys.market,
    openOrders: keys.openOrders,
    eventQueue: of('event_queue'),
    bids: of('bids'),
    asks: of('asks'),
    requestQueue: of('request_queue'),
    coinVault: of('market_coin_vault'),
    pcVault: of('market_pc_vault'),
  };
}

/** Whole units in base units, kept between 1 and a quarter of u64 so that the pool can trade. */
function baseUnits(whole: number, decimals: number): bigint {
  const amount = BigInt(Math.round(whole * 10 ** decimals));
  const most = U64_MAX / 4n;
  if (amount < 1n) return 1n;
  return amount > most ? most : amount;
}

function geometricMean(a: bigint, b: bigint): bigint {
  return BigInt(Math.floor(Math.sqrt(Number(a) * Number(b))));
}

function derive(label: string, ...seeds: readonly Uint8Array[]): Address {
  return findProgramAddress([text.encode(label), ...seeds], AMM_V4_PROGRAM).address;
}

function ours(address: Address, data: Uint8Array): AccountWrite {
  return { address, account: { owner: AMM_V4_PROGRAM, lamports: rentExemptLamports(data.length), data } };
}

function vault(address: Address, mint: Address, amount: bigint): AccountWrite {
  const account = encodeTokenAccount({ mint, owner: AMM_V4_AUTHORITY, amount, tokenProgram: TOKEN_PROGRAM });
  return { address, account };
}
