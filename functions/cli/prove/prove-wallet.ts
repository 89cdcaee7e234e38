import type { AccountBytes } from '../../../shared/core/account.ts';
import { type Address, addressAt } from '../../../shared/core/address.ts';
import { ArbError } from '../../../shared/core/errors.ts';
import type { ProgramVm } from '../../../shared/platform/chain/vm/program-vm.ts';
import {
  decodeMint,
  decodeTokenAccount,
  encodeMint,
  encodeTokenAccount,
} from '../../../shared/venues/token/token.ts';
import type { PoolState } from '../../../shared/venues/venue.ts';

/** Supply of a mint that the snapshot lacks: nothing that a swap does reads it. */
const ASSUMED_SUPPLY = 10n ** 18n;

/** The token accounts that swaps are made from, one a mint, with any balance one likes. */
export interface ProofWallet {
  /** Makes the mints of a pool known; makes up those that the snapshot lacks from what the pool says of them. */
  learn(state: PoolState): void;
  accountOf(mint: Address): Address;
  /** Sets what the account of `mint` holds, in base units. */
  give(mint: Address, amount: bigint): void;
  /** What the account of `mint` holds after a transaction that wrote `accounts`; `before` where it was not written. */
  amountIn(mint: Address, accounts: ReadonlyMap<Address, AccountBytes>, before: bigint): bigint;
}

interface KnownMint {
  readonly account: Address;
  readonly tokenProgram: Address;
  readonly withheldAmount: bigint | undefined;
}

export function createProofWallet(vm: ProgramVm, snapshot: ReadonlyMap<Address, AccountBytes>): ProofWallet {
  const mints = new Map<Address, KnownMint>();

  function learnMint(mint: Address, tokenProgram: Address, decimals: number): void {
    if (mints.has(mint)) return;
    let account = snapshot.get(mint);
    if (account === undefined) {
      account = encodeMint({ tokenProgram, decimals, supply: ASSUMED_SUPPLY });
      vm.setAccount(mint, account);
    }
    const decoded = decodeMint(mint, account);
    const taxed = decoded.ok && decoded.value.transferFee !== undefined;
    // Any 32 bytes do for an address; the mint's index keeps them apart.
    const name = new Uint8Array(32).fill(11);
    new DataView(name.buffer).setUint32(0, mints.size);
    mints.set(mint, { account: addressAt(name), tokenProgram, withheldAmount: taxed ? 0n : undefined });
  }

  function known(mint: Address): KnownMint {
    const found = mints.get(mint);
    if (found !== undefined) return found;
    throw new ArbError('prove-unknown-mint', `no pool with the mint ${mint} was made known`, { mint });
  }

  return {
    learn({ mintA, mintB, tokenProgramA, tokenProgramB, decimalsA, decimalsB }) {
      learnMint(mintA, tokenProgramA, decimalsA);
      learnMint(mintB, tokenProgramB, decimalsB);
    },
    accountOf: (mint) => known(mint).account,
    give(mint, amount) {
      const { account, tokenProgram, withheldAmount } = known(mint);
      vm.setAccount(
        account,
        encodeTokenAccount({ mint, owner: vm.payer, amount, tokenProgram, withheldAmount }),
      );
    },
    amountIn(mint, accounts, before) {
      const account = accounts.get(known(mint).account);
      if (account === undefined) return before;
      const decoded = decodeTokenAccount(account);
      if (decoded.ok) return decoded.value.amount;
      throw new ArbError(
        'prove-broken-account',
        `the account of ${mint} no longer decodes: ${decoded.reason}`,
        {
          mint,
        },
      );
    },
  };
}
