import { z } from 'zod';
import { type Address, isAddress } from '../../core/address.ts';
import { CHAIN_PARAMETER_NAMES, type ChainParameters } from '../../core/chain-parameters.ts';
import { ArbError } from '../../core/errors.ts';
import type { MarketEvent } from '../../engine/event.ts';
import { ORDER_STATES } from '../../execution/order-event.ts';

type OtherKind = Exclude<MarketEvent['kind'], 'account'>;

const addressText = z.custom<Address>((value) => typeof value === 'string' && isAddress(value));
const slot = z.number().int();
const atMicros = z.number();

const origin = z.strictObject({ source: z.string(), slot, atMs: z.number() });
const count = z.number().int().positive();

/** A recording holds every parameter, or was made before there were any. */
const chainParameters: z.ZodType<ChainParameters> = z.strictObject({
  slotMicros: z.number().positive(),
  slotsPerEpoch: count,
  blockhashBlocks: count,
  rentLamportsPerByte: z.bigint(),
  transactionUnits: count,
  blockUnits: count,
  accountUnits: count,
  transactionAccounts: count,
  transactionBytes: count,
  transactionBytesV1: count,
  transactionVersion: z.number().int().min(0),
  alpenglow: z.boolean(),
  origins: z.record(z.enum(CHAIN_PARAMETER_NAMES), origin),
});

/**
 * What an event that is recorded as JSON must look like, by its kind. A new kind needs its line here and nothing in
 * the format.
 */
const SCHEMAS: { readonly [Kind in OtherKind]: z.ZodType<Extract<MarketEvent, { kind: Kind }>> } = {
  slot: z.strictObject({ kind: z.literal('slot'), atMicros, slot, parent: slot }),
  feed: z.strictObject({ kind: z.literal('feed'), atMicros, live: z.boolean(), reason: z.string() }),
  lost: z.strictObject({
    kind: z.literal('lost'),
    atMicros,
    addresses: z.array(addressText),
    reason: z.string(),
  }),
  control: z.strictObject({
    kind: z.literal('control'),
    atMicros,
    command: z.enum(['pause', 'resume']),
    by: z.string(),
  }),
  loss: z.strictObject({
    kind: z.literal('loss'),
    atMicros,
    lamports: z.bigint(),
    halted: z.boolean(),
    by: z.string(),
  }),
  order: z.strictObject({
    kind: z.literal('order'),
    atMicros,
    id: z.string(),
    state: z.enum(ORDER_STATES),
    reason: z.string(),
    slot,
    amountIn: z.bigint(),
    amountOut: z.bigint(),
    leftovers: z.array(z.strictObject({ mint: addressText, amount: z.bigint() })),
    costLamports: z.bigint(),
    source: z.string(),
  }),
  balance: z.strictObject({
    kind: z.literal('balance'),
    atMicros,
    mint: addressText,
    amount: z.bigint(),
    exists: z.boolean(),
    slot,
    source: addressText,
  }),
  venue: z.strictObject({
    kind: z.literal('venue'),
    atMicros,
    venue: z.string(),
    quarantine: z.string(),
  }),
  program: z.strictObject({
    kind: z.literal('program'),
    atMicros,
    venue: z.string(),
    programHash: z.string(),
    rules: z.string(),
  }),
  price: z.strictObject({
    kind: z.literal('price'),
    atMicros,
    mint: addressText,
    unitsPerLamportScaled: z.bigint(),
    source: z.string(),
  }),
  universe: z.strictObject({
    kind: z.literal('universe'),
    atMicros,
    pools: z.array(z.strictObject({ venue: z.string(), address: addressText })),
    offMints: z.array(addressText),
  }),
  chain: z.strictObject({ kind: z.literal('chain'), atMicros, parameters: chainParameters }),
  fee: z.strictObject({
    kind: z.literal('fee'),
    atMicros,
    microLamportsPerUnit: z.bigint(),
    source: z.string(),
  }),
};

/**
 * `value` as the event that it is. Throws `recording-unknown-event` for a kind that this version does not have, and
 * `recording-damaged` for one that lacks what its kind needs.
 */
export function checkedEvent(value: unknown): MarketEvent {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? String(value.kind) : '';
  if (!Object.hasOwn(SCHEMAS, kind)) {
    const message = `the recording holds an event of kind "${kind}", which this version does not know: replay it with the version that made it`;
    throw new ArbError('recording-unknown-event', message, { kind });
  }
  const parsed = SCHEMAS[kind as OtherKind].safeParse(value);
  if (parsed.success) return parsed.data as MarketEvent;
  throw new ArbError(
    'recording-damaged',
    `a frame holds a ${kind} event with ${z.prettifyError(parsed.error)}`,
    {
      kind,
    },
  );
}
