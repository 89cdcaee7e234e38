import type { AccountWrite } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { ACCOUNT_OVERHEAD_BYTES, ASSUMED_CHAIN } from '../../core/chain-parameters.ts';
import { ArbError } from '../../core/errors.ts';

export const RENT_SYSVAR = 'SysvarRent111111111111111111111111111111111' as Address;
export const SYSVAR_OWNER = 'Sysvar1111111111111111111111111111111111111' as Address;

/**
 * How blocks become final. `tower`: confirmed is one slot behind processed, finalized 32. `migrating`: blocks hold votes
 * only, and nothing is confirmed or finalized any more. `alpenglow`: confirmed is finalized, one slot behind.
 */
export type Consensus = 'tower' | 'migrating' | 'alpenglow';

/** What the chain is: settings that may change between two slots. */
export interface ChainRules {
  readonly slotMs: number;
  readonly rentLamportsPerByte: bigint;
  readonly consensus: Consensus;
  /** The newest version of transactions that it takes. */
  readonly transactionVersion: 0 | 1;
  /** Of every so many slots, one whose leader builds a second block after giving up the first; 0: none does. */
  readonly secondBlockEvery: number;
}

export const GENESIS_RULES: ChainRules = {
  slotMs: ASSUMED_CHAIN.slotMicros / 1_000,
  rentLamportsPerByte: ASSUMED_CHAIN.rentLamportsPerByte,
  consensus: 'tower',
  transactionVersion: 1,
  secondBlockEvery: 0,
};

/** Rules that change `afterSlots` slots after the chain's first. */
export interface RuleChange extends Partial<ChainRules> {
  readonly afterSlots: number;
}

/** `rules` with `change`. Throws `sim-rules-invalid` naming the field that no chain could have. */
export function changedRules(rules: ChainRules, change: Partial<ChainRules>): ChainRules {
  const next = { ...rules, ...change };
  const refuse = (field: keyof ChainRules, allowed: string): never => {
    const message = `${field} of the local chain cannot be ${next[field]}: ${allowed}`;
    throw new ArbError('sim-rules-invalid', message, { field });
  };
  if (!(next.slotMs > 0 && next.slotMs <= 86_400_000)) refuse('slotMs', 'milliseconds above 0');
  if (next.rentLamportsPerByte < 1n) refuse('rentLamportsPerByte', 'at least 1');
  if (!Number.isSafeInteger(next.secondBlockEvery) || next.secondBlockEvery < 0) {
    refuse('secondBlockEvery', 'a whole number, 0 for none');
  }
  if (rules.consensus === 'alpenglow' && next.consensus !== 'alpenglow') refuse('consensus', 'no way back');
  return next;
}

/** The least that an account of so many bytes must hold. */
export function rentOf({ rentLamportsPerByte }: ChainRules, dataBytes: number): bigint {
  return BigInt(ACCOUNT_OVERHEAD_BYTES + dataBytes) * rentLamportsPerByte;
}

const FEATURE_OWNER = 'Feature111111111111111111111111111111111111' as Address;
/** The feature that lets transactions of version 1 in (SIMD-0385). */
export const TRANSACTION_V1_FEATURE = 'txv1aq4pp281K9um3tnPgkfX8UqtFT6wcVW3hNezGLL' as Address;

/** The accounts by which the chain says what it is, all but its clock. */
export function ruleAccounts(rules: ChainRules): readonly AccountWrite[] {
  const feature = new Uint8Array(9);
  feature[0] = rules.transactionVersion;
  const account = { owner: FEATURE_OWNER, lamports: 953_520n, data: feature };
  return [rentSysvar(rules), { address: TRANSACTION_V1_FEATURE, account }];
}

/** The Rent sysvar account: lamports a byte, the threshold that has been 1 since SIMD-0194, the share burnt. */
function rentSysvar({ rentLamportsPerByte }: ChainRules): AccountWrite {
  const data = new Uint8Array(17);
  const view = new DataView(data.buffer);
  view.setBigUint64(0, rentLamportsPerByte, true);
  view.setFloat64(8, 1, true);
  view.setUint8(16, 50);
  return { address: RENT_SYSVAR, account: { owner: SYSVAR_OWNER, lamports: 1_009_200n, data } };
}

/** Reads one rule's value from its text; undefined where it is none. */
const READERS: { readonly [Rule in keyof ChainRules]: (text: string) => ChainRules[Rule] | undefined } = {
  slotMs: number,
  rentLamportsPerByte: (text) => (/^\d{1,18}$/.test(text) ? BigInt(text) : undefined),
  consensus: (text) => (['tower', 'migrating', 'alpenglow'] as const).find((one) => one === text),
  transactionVersion: (text) => (text === '0' ? 0 : text === '1' ? 1 : undefined),
  secondBlockEvery: number,
};

function number(text: string): number | undefined {
  return /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) : undefined;
}

/** Rules as a JSON object holds them, each checked by field. Throws `sim-rules-invalid`. */
export function readRules(fields: Readonly<Record<string, unknown>>): Partial<ChainRules> {
  const change: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(fields)) {
    const read = Object.hasOwn(READERS, name) ? READERS[name as keyof ChainRules] : undefined;
    const value = read?.(String(given));
    if (value === undefined) {
      const known = Object.keys(READERS).join(', ');
      const what =
        read === undefined ? `there is no rule "${name}" (known: ${known})` : `${name} cannot be ${given}`;
      throw new ArbError('sim-rules-invalid', `rules of the local chain: ${what}`, { field: name });
    }
    change[name] = value;
  }
  return change as Partial<ChainRules>;
}

/**
 * A schedule from its text: changes apart by spaces, each `+SLOTS:RULE=VALUE,RULE=VALUE`, as in
 * `+150:slotMs=300 +300:slotMs=200,rentLamportsPerByte=5080`. Throws `sim-rules-invalid` naming what is wrong.
 */
export function readSchedule(text: string): readonly RuleChange[] {
  return text
    .split(/\s+/)
    .filter((part) => part !== '')
    .map((part) => {
      const [, slots, rules] = /^\+(\d{1,9}):(.+)$/.exec(part) ?? [];
      if (slots === undefined || rules === undefined) {
        const message = `"${part}" is no change of the local chain: write +SLOTS:RULE=VALUE, such as +150:slotMs=300`;
        throw new ArbError('sim-rules-invalid', message, { part });
      }
      const fields = rules.split(',').map((pair) => {
        const [name = '', value = ''] = pair.split('=');
        return [name, value] as const;
      });
      return { afterSlots: Number(slots), ...readRules(Object.fromEntries(fields)) };
    });
}
