import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { U64_MAX } from '../../core/units.ts';
import { mulDivDown } from '../../math/mul-div.ts';
import type { LoadRefusal } from '../venue.ts';
import { DEPEG } from './layout.ts';
import { LIDO_STATE, MARINADE_STATE, VIRTUAL_PRICE_ONE } from './program.ts';

/** mSOL price of marinade-finance/liquid-staking-program `State`, in parts of 2^32 lamports. */
const MARINADE_PRICE_OFFSET = 512;
const MARINADE_PRICE_ONE = 1n << 32n;
/** stSOL supply and SOL balance of the exchange rate in ChorusOne/solido `Lido`. */
const LIDO_SUPPLY_OFFSET = 73;
const LIDO_BALANCE_OFFSET = 81;
/** `StakePool` of solana-program/stake-pool. */
export const STAKE_POOL_LAMPORTS_OFFSET = 258;
export const STAKE_POOL_SUPPLY_OFFSET = 266;
export const STAKE_POOL_BYTES = 611;
export const STAKE_POOL_TYPE = 1;

/** The account that a pool's virtual price is read from; undefined when there is none. */
export function stakeAccountOf(depeg: number | undefined, stake: Address): Address | undefined {
  switch (depeg) {
    case DEPEG.marinade:
      return MARINADE_STATE;
    case DEPEG.lido:
      return LIDO_STATE;
    case DEPEG.splStake:
      return stake;
    default:
      return undefined;
  }
}

/**
 * The virtual price of B in millionths of A. Refuses bytes that the program could not read or divide by.
 * Rounding: down (`get_virtual_price` of the three sources).
 */
export function decodeStakePrice(depeg: number, account: AccountBytes): Outcome<bigint, LoadRefusal> {
  const { data } = account;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (depeg) {
    case DEPEG.marinade:
      if (data.length < MARINADE_PRICE_OFFSET + 8) return tooShort(data);
      return ratio(view.getBigUint64(MARINADE_PRICE_OFFSET, true), MARINADE_PRICE_ONE);
    case DEPEG.lido:
      if (data.length < LIDO_BALANCE_OFFSET + 8) return tooShort(data);
      return ratio(view.getBigUint64(LIDO_BALANCE_OFFSET, true), view.getBigUint64(LIDO_SUPPLY_OFFSET, true));
    default:
      if (data.length < STAKE_POOL_SUPPLY_OFFSET + 8) return tooShort(data);
      if (data[0] !== STAKE_POOL_TYPE) return refusal('wrong-discriminator', 'no SPL stake pool');
      return ratio(
        view.getBigUint64(STAKE_POOL_LAMPORTS_OFFSET, true),
        view.getBigUint64(STAKE_POOL_SUPPLY_OFFSET, true),
      );
  }
}

function tooShort(data: Uint8Array) {
  return refusal<LoadRefusal>('wrong-length', `stake account of ${data.length} bytes`);
}

function ratio(worth: bigint, supply: bigint): Outcome<bigint, LoadRefusal> {
  if (supply === 0n) return refusal('inconsistent-accounts', 'nothing is staked');
  const price = mulDivDown(worth, VIRTUAL_PRICE_ONE, supply);
  return price > U64_MAX ? refusal('inconsistent-accounts', 'virtual price above 64 bits') : success(price);
}
