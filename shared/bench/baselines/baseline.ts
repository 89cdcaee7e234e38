import { type Address, addressBytes } from '../../core/address.ts';
import type { ContractPool } from '../../venues/contract.ts';
import { officialSdk } from '../official-sdk.ts';

/** An official SDK's own quote on the bytes of one pool: base units out. */
export interface QuoteBaseline {
  readonly name: string;
  /** The SDK knows whole multiples of this only, in base units in. */
  readonly lotIn?: (aToB: boolean) => bigint;
  /** What its figure leaves out or does besides. */
  readonly remark?: string;
  prepare(aToB: boolean): (amountIn: bigint) => () => bigint;
}

/** bn.js, as far as baselines touch it. */
export interface BigNumber {
  toString(): string;
}

export interface BigNumberModule {
  new (digits: string | number): BigNumber;
}

/** What the SDKs that decode by an Anchor description export of Anchor. */
export interface AccountsCoder {
  decode(name: string, data: Buffer): unknown;
}

/** web3.js and bn.js, as `of` has them; undefined when that SDK is not installed. */
export function sdkTools(of: string) {
  const web3 = officialSdk('@solana/web3.js', of) as
    | { PublicKey: new (bytes: Uint8Array) => unknown }
    | undefined;
  const BN = officialSdk('bn.js', of) as BigNumberModule | undefined;
  if (web3 === undefined || BN === undefined) return undefined;
  return {
    key: (address: Address): unknown => new web3.PublicKey(addressBytes(address)),
    big: (value: bigint | number): BigNumber => new BN(String(value)),
  };
}

/** The bytes of one of a pool's accounts; undefined when it does not exist. */
export function bytesOf(pool: ContractPool, address: Address): Buffer | undefined {
  const account = pool.accounts.get(address);
  return account === undefined ? undefined : Buffer.from(account.data);
}

export function toBigint(value: BigNumber): bigint {
  return BigInt(value.toString());
}
