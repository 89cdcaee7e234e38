/**
 * What the chain is at the moment, as far as it concerns us. None of it is ours to fix: slots get shorter, rent gets
 * cheaper, limits and formats move. It is read from the chain, told to the engine as an event, and holds until the
 * next one.
 */
export interface ChainValues {
  /** How long a slot lasts, microseconds: measured. */
  readonly slotMicros: number;
  readonly slotsPerEpoch: number;
  /** Blocks that may follow the one of a blockhash until no transaction may carry it any more. */
  readonly blockhashBlocks: number;
  /** What an account must hold for each of its bytes, and for 128 more, to stay. */
  readonly rentLamportsPerByte: bigint;
  /** Compute units: most of one transaction, of one block, and of all that write one account in one block. */
  readonly transactionUnits: number;
  readonly blockUnits: number;
  readonly accountUnits: number;
  /** Accounts that one transaction may lock. */
  readonly transactionAccounts: number;
  /** Bytes of a transaction: of the legacy form and version 0, and of version 1. */
  readonly transactionBytes: number;
  readonly transactionBytesV1: number;
  /** The newest version of transactions that the chain takes: one of a newer version may still be met and read. */
  readonly transactionVersion: number;
  /** True once the chain runs Alpenglow: confirmed is finalized, and nobody votes by transactions. */
  readonly alpenglow: boolean;
}

export type ChainParameterName = keyof ChainValues;

/** Who told a parameter and when: it held at `slot` (0: not known), read at `atMs` (Unix; 0: never read). */
export interface ChainOrigin {
  readonly source: string;
  readonly slot: number;
  readonly atMs: number;
}

/** The chain's parameters, each with where it comes from. */
export interface ChainParameters extends ChainValues {
  readonly origins: Readonly<Record<ChainParameterName, ChainOrigin>>;
}

/** Bytes that every account pays rent for beside its own. */
export const ACCOUNT_OVERHEAD_BYTES = 128;
/** Of an account of the Token program. */
const TOKEN_ACCOUNT_BYTES = 165;

/** No chain is quicker than this: what may have passed unseen in a time is bounded by it. An assumption, told nowhere. */
export const FASTEST_SLOT_MICROS = 100_000;

/** The source of what nobody has read. */
export const ASSUMED = 'assumed';
const NEVER: ChainOrigin = { source: ASSUMED, slot: 0, atMs: 0 };

const VALUES: ChainValues = {
  slotMicros: 400_000,
  slotsPerEpoch: 432_000,
  blockhashBlocks: 150,
  rentLamportsPerByte: 6_960n,
  transactionUnits: 1_400_000,
  blockUnits: 100_000_000,
  accountUnits: 40_000_000,
  transactionAccounts: 64,
  transactionBytes: 1_232,
  transactionBytesV1: 4_096,
  transactionVersion: 1,
  alpenglow: false,
};

export const CHAIN_PARAMETER_NAMES = Object.keys(VALUES) as readonly ChainParameterName[];

/**
 * What counts until the chain has been read: the values that it had for its first years, each marked as assumed. Also
 * what recordings are replayed on that were made before the parameters were recorded.
 */
export const ASSUMED_CHAIN: ChainParameters = {
  ...VALUES,
  origins: Object.fromEntries(
    CHAIN_PARAMETER_NAMES.map((name) => [name, NEVER]),
  ) as ChainParameters['origins'],
};

/** `chain` with other values, all of them told by `origin`. */
export function withChainValues(
  chain: ChainParameters,
  values: Partial<ChainValues>,
  origin: ChainOrigin,
): ChainParameters {
  const told = CHAIN_PARAMETER_NAMES.filter((name) => values[name] !== undefined);
  return {
    ...chain,
    ...Object.fromEntries(told.map((name) => [name, values[name]])),
    origins: { ...chain.origins, ...Object.fromEntries(told.map((name) => [name, origin])) },
  };
}

/** The least lamports that an account of so many bytes of data must hold. */
export function rentLamports(chain: Pick<ChainValues, 'rentLamportsPerByte'>, dataBytes: number): bigint {
  return BigInt(ACCOUNT_OVERHEAD_BYTES + dataBytes) * chain.rentLamportsPerByte;
}

/** Rent of a plain token account. */
export function tokenAccountRentLamports(chain: Pick<ChainValues, 'rentLamportsPerByte'>): bigint {
  return rentLamports(chain, TOKEN_ACCOUNT_BYTES);
}

/** Slots that pass in `ms`, to the nearest. */
export function slotsOf(chain: Pick<ChainValues, 'slotMicros'>, ms: number): number {
  return Math.round((ms * 1_000) / chain.slotMicros);
}
