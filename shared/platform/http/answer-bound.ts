/** How much of an answer is taken. What is larger is refused as soon as that shows, and the rest is not read. */
export interface AnswerBound {
  /** Of the text, after any decoding. */
  readonly bytes: number;
  /** Numbers, texts, lists and objects in it: three bytes on the wire can be fifty in memory. */
  readonly values: number;
  /** Lists and objects in each other. */
  readonly depth: number;
}

const KIB = 1_024;
const MIB = 1_024 * KIB;
const DEPTH = 64;

const SMALL: AnswerBound = { bytes: 64 * KIB, values: 4_000, depth: DEPTH };
const MEDIUM: AnswerBound = { bytes: 4 * MIB, values: 200_000, depth: DEPTH };

/**
 * By RPC method. An account is at most 10 MiB, in base64 a third more; a hundred of them are what a market's accounts
 * are in their largest, not the most that the chain could hold. Scans of programs are asked by mint, and by commands
 * only, never by the service.
 */
const OF_METHODS: ReadonlyMap<string, AnswerBound> = new Map([
  ...[
    'getSlot',
    'getBlockHeight',
    'getBalance',
    'getLatestBlockhash',
    'getGenesisHash',
    'getVersion',
    'getEpochInfo',
    'getHealth',
    'getMinimumBalanceForRentExemption',
    'getFeeForMessage',
    'sendTransaction',
    'getPriorityFeeEstimate',
  ].map((method) => [method, SMALL] as const),
  ['getAccountInfo', { bytes: 16 * MIB, values: 4_000, depth: DEPTH }],
  ['getMultipleAccounts', { bytes: 24 * MIB, values: 20_000, depth: DEPTH }],
  ['getProgramAccounts', { bytes: 64 * MIB, values: 2_000_000, depth: DEPTH }],
]);

/** The bound of a method's answer; of one that is not named here, a few mebibytes. */
export function boundOf(method: string): AnswerBound {
  return OF_METHODS.get(method) ?? MEDIUM;
}

/** The bound of a batch of calls: that of each, together. */
export function boundOfBatch(methods: readonly string[]): AnswerBound {
  const bounds = methods.map(boundOf);
  return {
    bytes: bounds.reduce((sum, { bytes }) => sum + bytes, 0),
    values: bounds.reduce((sum, { values }) => sum + values, 0),
    depth: DEPTH + 1,
  };
}

/** Of a refusal: only its sentence is wanted. */
export const REFUSAL_BYTES = 16 * KIB;
