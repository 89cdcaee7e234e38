import type { AccountBytes } from '../../core/account.ts';
import {
  type Address,
  addressAt,
  addressBytes,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
  WSOL_MINT,
} from '../../core/address.ts';
import { ASSUMED_CHAIN, rentLamports } from '../../core/chain-parameters.ts';
import { ArbError } from '../../core/errors.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { U64_MAX } from '../../core/units.ts';
import type { LoadRefusal } from '../venue.ts';
import {
  EXTENSIONS_OFFSET,
  extensionValues,
  readMintExtensions,
  TRANSFER_FEE_AMOUNT,
  TRANSFER_FEE_AMOUNT_BYTES,
  TRANSFER_FEE_CONFIG_BYTES,
  type TransferFee,
  type TransferFeeConfig,
  writeTransferFeeAmount,
  writeTransferFeeConfig,
} from './token-extensions.ts';

export {
  bestAfterTransfers,
  inverseTransferFee,
  keptByTransfer,
  preTransferFeeAmount,
  transferFee,
  transferFeeAt,
} from './transfer-fee.ts';

/**
 * SPL Token and Token-2022 account layouts. Source: solana-program/token-2022 `interface/src/state.rs`; both
 * programs share the first 82 bytes of a mint and 165 of a token account, Token-2022 may append extensions.
 */
export const MINT_BYTES = 82;
export const TOKEN_ACCOUNT_BYTES = 165;
const MULTISIG_BYTES = 355;
const TYPE_OFFSET = 165;
const MINT_TYPE = 1;
const ACCOUNT_TYPE = 2;
const INITIALIZED = 1;
const FROZEN = 2;
const IS_NATIVE_OFFSET = 109;

/** What a swap needs to know of a mint. */
export interface MintFacts {
  readonly address: Address;
  readonly tokenProgram: Address;
  readonly decimals: number;
  /** Base units. */
  readonly supply: bigint;
  readonly freezeAuthority: Address | undefined;
  readonly transferFee: TransferFeeConfig | undefined;
}

export interface TokenAccount {
  readonly mint: Address;
  readonly owner: Address;
  /** Base units that can move; a withheld transfer fee is not among them. */
  readonly amount: bigint;
  readonly frozen: boolean;
}

/**
 * What an account of `dataBytes` bytes that is made up here holds: the rent of the chain's first years. What a chain asks
 * now is one of its parameters.
 */
export function rentExemptLamports(dataBytes: number): bigint {
  return rentLamports(ASSUMED_CHAIN, dataBytes);
}

/**
 * Decodes a mint of either token program. `unsupported-mint` names the extension that keeps it out: one that can
 * stop, redirect or seize a transfer. Never throws.
 */
export function decodeMint(address: Address, account: AccountBytes): Outcome<MintFacts, LoadRefusal> {
  const { data, owner } = account;
  if (owner !== TOKEN_PROGRAM && owner !== TOKEN_2022_PROGRAM) {
    return refusal('unsupported-mint', `owned by ${owner}, no token program`);
  }
  const shape = checkShape(account, MINT_BYTES, MINT_TYPE);
  if (shape !== undefined) return shape;
  if (data[45] !== 1) return refusal('unsupported-mint', 'not initialized');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const freezeTag = view.getUint32(46, true);
  if (freezeTag > 1) return refusal('wrong-discriminator', 'freeze authority tag is neither 0 nor 1');
  const extensions = readMintExtensions(data);
  if (typeof extensions === 'string') return refusal('unsupported-mint', extensions);
  return success({
    address,
    tokenProgram: owner,
    decimals: view.getUint8(44),
    supply: view.getBigUint64(36, true),
    freezeAuthority: freezeTag === 1 ? addressAt(data, 50) : undefined,
    transferFee: extensions.transferFee,
  });
}

/** Whether swaps of the mint move the same amounts by both: its supply and authorities may differ. */
export function sameMintFacts(one: MintFacts, other: MintFacts): boolean {
  const fee = one.transferFee;
  const otherFee = other.transferFee;
  if (one.tokenProgram !== other.tokenProgram || one.decimals !== other.decimals) return false;
  if (fee === undefined || otherFee === undefined) return fee === otherFee;
  return sameRate(fee.older, otherFee.older) && sameRate(fee.newer, otherFee.newer);
}

function sameRate(one: TransferFee, other: TransferFee): boolean {
  return one.epoch === other.epoch && one.maximumFee === other.maximumFee && one.feeBps === other.feeBps;
}

/** Decodes a token account of either token program; a frozen one decodes and says so. Never throws. */
export function decodeTokenAccount(account: AccountBytes): Outcome<TokenAccount, LoadRefusal> {
  const { data, owner } = account;
  if (owner !== TOKEN_PROGRAM && owner !== TOKEN_2022_PROGRAM) {
    return refusal('vault-unusable', `owned by ${owner}, no token program`);
  }
  const shape = checkShape(account, TOKEN_ACCOUNT_BYTES, ACCOUNT_TYPE);
  if (shape !== undefined) return shape;
  const state = data[108]!;
  if (state !== INITIALIZED && state !== FROZEN) return refusal('vault-unusable', 'not initialized');
  return success({
    mint: addressAt(data, 0),
    owner: addressAt(data, 32),
    amount: new DataView(data.buffer, data.byteOffset, data.byteLength).getBigUint64(64, true),
    frozen: state === FROZEN,
  });
}

/**
 * The amount in `next` when it is the account of `previous`, which decoded and was not frozen, with only its amount
 * or extensions changed; undefined when it takes a full decode to tell. Saves the two addresses on every update.
 */
export function amountOfSameAccount(previous: AccountBytes, next: AccountBytes): bigint | undefined {
  const before = previous.data;
  const { data } = next;
  if (next.owner !== previous.owner || data.length !== before.length || data[108] !== INITIALIZED) return;
  for (let i = 0; i < 64; i++) {
    if (data[i] !== before[i]) return;
  }
  if (data[TYPE_OFFSET] !== before[TYPE_OFFSET]) return;
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getBigUint64(64, true);
}

function checkShape(account: AccountBytes, baseBytes: number, type: number) {
  const { data, owner } = account;
  if (data.length === baseBytes) return undefined;
  if (owner === TOKEN_PROGRAM || data.length < EXTENSIONS_OFFSET || data.length === MULTISIG_BYTES) {
    return refusal<LoadRefusal>('wrong-length', `${data.length} bytes`);
  }
  if (data[TYPE_OFFSET] !== type) {
    return refusal<LoadRefusal>('wrong-discriminator', `account type ${data[TYPE_OFFSET]}`);
  }
  for (let i = baseBytes; i < TYPE_OFFSET; i++) {
    if (data[i] !== 0) return refusal<LoadRefusal>('wrong-discriminator', 'padding is not zero');
  }
  return undefined;
}

/** A mint account as its program stores it, rent-exempt. A transfer fee needs Token-2022. */
export function encodeMint(mint: {
  readonly tokenProgram: Address;
  readonly decimals: number;
  readonly supply: bigint;
  readonly mintAuthority?: Address | undefined;
  readonly freezeAuthority?: Address | undefined;
  readonly transferFee?: TransferFeeConfig | undefined;
}): AccountBytes {
  const { transferFee } = mint;
  if (transferFee !== undefined && mint.tokenProgram !== TOKEN_2022_PROGRAM) {
    throw new ArbError('mint-invalid', 'only a Token-2022 mint can take a transfer fee');
  }
  const length = transferFee === undefined ? MINT_BYTES : EXTENSIONS_OFFSET + 4 + TRANSFER_FEE_CONFIG_BYTES;
  const data = new Uint8Array(length);
  const view = new DataView(data.buffer);
  writeOptionalAddress(data, 0, mint.mintAuthority);
  view.setBigUint64(36, checkU64(mint.supply), true);
  data[44] = mint.decimals;
  data[45] = 1;
  writeOptionalAddress(data, 46, mint.freezeAuthority);
  if (transferFee !== undefined) {
    data[TYPE_OFFSET] = MINT_TYPE;
    writeTransferFeeConfig(data, EXTENSIONS_OFFSET, transferFee);
  }
  return { owner: mint.tokenProgram, lamports: rentExemptLamports(length), data };
}

/**
 * A token account as its program stores it, rent-exempt; one of wrapped SOL is native and holds `amount` lamports
 * more. `withheldAmount` adds the extension that accounts of a transfer-fee mint carry (Token-2022 only).
 */
export function encodeTokenAccount(account: {
  readonly mint: Address;
  readonly owner: Address;
  readonly amount: bigint;
  readonly tokenProgram: Address;
  readonly withheldAmount?: bigint | undefined;
  /** What it holds for its bytes; `rentExemptLamports` when absent. */
  readonly rent?: (dataBytes: number) => bigint;
}): AccountBytes {
  const { withheldAmount } = account;
  if (withheldAmount !== undefined && account.tokenProgram !== TOKEN_2022_PROGRAM) {
    throw new ArbError('token-account-invalid', 'only a Token-2022 account can withhold a transfer fee');
  }
  const extended = withheldAmount !== undefined;
  const length = extended ? EXTENSIONS_OFFSET + 4 + TRANSFER_FEE_AMOUNT_BYTES : TOKEN_ACCOUNT_BYTES;
  const data = new Uint8Array(length);
  const view = new DataView(data.buffer);
  data.set(addressBytes(account.mint), 0);
  data.set(addressBytes(account.owner), 32);
  view.setBigUint64(64, checkU64(account.amount), true);
  data[108] = INITIALIZED;
  let lamports = (account.rent ?? rentExemptLamports)(length);
  if (account.mint === WSOL_MINT) {
    view.setUint32(IS_NATIVE_OFFSET, 1, true);
    view.setBigUint64(IS_NATIVE_OFFSET + 4, lamports, true);
    lamports += account.amount;
  }
  if (extended) {
    data[TYPE_OFFSET] = ACCOUNT_TYPE;
    writeTransferFeeAmount(data, EXTENSIONS_OFFSET, checkU64(withheldAmount));
  }
  return { owner: account.tokenProgram, lamports, data };
}

/**
 * A copy of a token account that holds `amount`; a native one moves its lamports along. `withheldDelta` is added to
 * the withheld-amount extension. Throws `token-account-invalid` when the bytes are no token account, an amount
 * leaves u64, or a fee is withheld where no extension can hold it.
 */
export function withTokenAmount(account: AccountBytes, amount: bigint, withheldDelta = 0n): AccountBytes {
  const before = decodeTokenAccount(account);
  if (!before.ok) {
    throw new ArbError('token-account-invalid', `no token account: ${before.detail ?? before.reason}`);
  }
  const data = account.data.slice();
  const view = new DataView(data.buffer);
  view.setBigUint64(64, checkU64(amount), true);
  if (withheldDelta !== 0n) {
    const values = extensionValues(data);
    const slot = typeof values === 'string' ? undefined : values.get(TRANSFER_FEE_AMOUNT);
    if (slot === undefined || slot.length !== TRANSFER_FEE_AMOUNT_BYTES) {
      throw new ArbError('token-account-invalid', 'the account has nowhere to withhold a transfer fee');
    }
    const withheld = view.getBigUint64(slot.offset, true) + withheldDelta;
    view.setBigUint64(slot.offset, checkU64(withheld), true);
  }
  const native = view.getUint32(IS_NATIVE_OFFSET, true) === 1;
  const lamports = native ? account.lamports + amount - before.value.amount : account.lamports;
  return { owner: account.owner, lamports, data };
}

function writeOptionalAddress(data: Uint8Array, at: number, value: Address | undefined): void {
  if (value === undefined) return;
  data[at] = 1;
  data.set(addressBytes(value), at + 4);
}

function checkU64(amount: bigint): bigint {
  if (amount < 0n || amount > U64_MAX) {
    throw new ArbError('token-account-invalid', `${amount} is not an unsigned 64-bit amount`, { amount });
  }
  return amount;
}
