import type { Address } from '../core/address.ts';
import { associatedTokenAddress, SYSTEM_PROGRAM, TOKEN_2022_PROGRAM } from '../core/address.ts';
import { ArbError } from '../core/errors.ts';
import { createRandom } from '../core/random.ts';
import { VENUES } from '../venues/registry.ts';
import { decodeMint, encodeTokenAccount } from '../venues/token/token.ts';
import { type Bank, type BankOptions, createBank, type SlotAdvance } from './chain/bank.ts';
import { fillSlot } from './chain/fill-slot.ts';
import { localBuild } from './chain/local-rules.ts';
import { deployProgram } from './chain/program-accounts.ts';
import { createBuiltinMarket } from './markets/builtin-market.ts';
import type { SimMarket } from './markets/sim-market.ts';
import { createSnapshotMarket, type MarketSnapshot } from './markets/snapshot-market.ts';
import { createTraders, type Traders } from './traders/traders.ts';

/** What a wallet is given: lamports for fees and rent, and base units by mint. */
export interface WalletFunds {
  readonly lamports: bigint;
  readonly tokens: readonly { readonly mint: Address; readonly amount: bigint }[];
}

/** A chain with a market on it and others who trade there. It moves only when told to. */
export interface World {
  readonly bank: Bank;
  readonly market: SimMarket;
  readonly traders: Traders;
  /** The others trade in the open slot, which then closes: what changed in it, and the slot that is open now. */
  step(): SlotAdvance;
  /** Puts a wallet with associated token accounts on the chain, replacing what it held. Returns their addresses. */
  fundWallet(owner: Address, funds: WalletFunds): ReadonlyMap<Address, Address>;
  /** To be called before a transaction that swaps `pools` runs: true when somebody swapped one of them first. */
  beforeUserTransaction(pools: readonly Address[]): boolean;
}

/**
 * The built-in market, or one parsed from a snapshot file, with seeded traders. The same market and seed give the
 * same account bytes in every slot, as long as nobody else writes to the bank.
 */
export function createWorld(options: {
  readonly market: 'built-in' | MarketSnapshot;
  readonly seed: string | number;
  /** What the chain is at the start, and how it changes. */
  readonly chain?: Pick<BankOptions, 'rules' | 'schedule'> | undefined;
}): World {
  const market =
    options.market === 'built-in' ? createBuiltinMarket(options.seed) : createSnapshotMarket(options.market);
  const bank = createBank({
    startSlot: market.clock.slot,
    startUnixTimestamp: market.clock.unixTimestamp,
    epoch: market.clock.epoch,
    ...options.chain,
  });
  for (const write of market.accounts) bank.set(write);
  for (const venue of VENUES) {
    if (bank.get(venue.programId) === null) deployProgram(bank, venue.programId, localBuild(venue));
  }
  const traders = createTraders({ bank, market, random: createRandom(options.seed).fork('traders') });
  return {
    bank,
    market,
    traders,
    step() {
      fillSlot(bank, () => traders.trade());
      return bank.advanceSlot();
    },
    fundWallet: (owner, funds) => fundWallet(bank, owner, funds),
    beforeUserTransaction: (pools) => traders.beforeUserTransaction(pools),
  };
}

function fundWallet(bank: Bank, owner: Address, funds: WalletFunds): ReadonlyMap<Address, Address> {
  const created = new Map<Address, Address>();
  bank.set({
    address: owner,
    account: { owner: SYSTEM_PROGRAM, lamports: funds.lamports, data: new Uint8Array(0) },
  });
  for (const { mint, amount } of funds.tokens) {
    const account = bank.get(mint);
    const facts = account === null ? undefined : decodeMint(mint, account);
    if (facts === undefined || !facts.ok) {
      throw new ArbError('wallet-mint-unknown', `no usable mint ${mint} on the local chain`, { mint });
    }
    const { tokenProgram, transferFee } = facts.value;
    const withheldAmount = tokenProgram === TOKEN_2022_PROGRAM && transferFee !== undefined ? 0n : undefined;
    const address = associatedTokenAddress(owner, mint, tokenProgram);
    bank.set({ address, account: encodeTokenAccount({ mint, owner, amount, tokenProgram, withheldAmount }) });
    created.set(mint, address);
  }
  return created;
}
