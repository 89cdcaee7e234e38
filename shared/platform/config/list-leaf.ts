import { type Address, isAddress } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { boundedJsonOrText } from '../files/bounded-json.ts';
import { AMOUNT_ALLOWED, checkAmount, type KeySummary, keyWithDefault, labels, optionalKey } from './leaf.ts';

/** A pool named in the configuration. */
export interface PoolName {
  readonly venue: string;
  readonly address: Address;
}

/** Base units by mint. Text form: `MINT=AMOUNT,MINT=AMOUNT`, or JSON. */
export function amountsByMintKey(
  options: KeySummary & { readonly default: Readonly<Record<Address, bigint>> },
) {
  const notes = {
    ...labels(options),
    allowed: `an object from mint address to amount, each amount ${AMOUNT_ALLOWED}`,
    fromText: pairsFromText,
    placeholder: 'MINT=AMOUNT,…',
  };
  return keyWithDefault(checkAmountsByMint, notes, options.default);
}

function checkAmountsByMint(value: unknown): Outcome<Readonly<Record<Address, bigint>>, 'bad-value'> {
  if (!isRecord(value)) return refusal('bad-value');
  const amounts: Record<Address, bigint> = {};
  for (const [mint, raw] of Object.entries(value)) {
    if (!isAddress(mint)) return refusal('bad-value', `${JSON.stringify(mint)} is not a mint address`);
    const amount = checkAmount(raw);
    if (!amount.ok) return refusal('bad-value', `the amount of ${mint} is ${JSON.stringify(raw)}`);
    amounts[mint] = amount.value;
  }
  return success(amounts);
}

/** Mint addresses, at least one, none twice. Text form: comma-separated, or JSON. */
export function mintsKey(options: KeySummary & { readonly default: readonly Address[] }) {
  const notes = {
    ...labels(options),
    allowed: 'a list of one or more different mint addresses',
    fromText: itemsFromText,
    placeholder: 'MINT,…',
  };
  return keyWithDefault(checkMints, notes, options.default);
}

/** Host names, none twice; may be empty. Text form: comma-separated, or JSON. */
export function namesKey(options: KeySummary & { readonly what: string }) {
  const check = (value: unknown): Outcome<readonly string[], 'bad-value'> => {
    if (!Array.isArray(value)) return refusal('bad-value');
    const names: readonly unknown[] = value;
    const bad = names.find((name) => typeof name !== 'string' || !HOST_NAME.test(name));
    if (bad !== undefined) return refusal('bad-value', `${JSON.stringify(bad)} is not a host name`);
    if (new Set(names).size < names.length) return refusal('bad-value', 'a name is there twice');
    return success(names.map((name) => String(name).toLowerCase()));
  };
  const notes = {
    ...labels(options),
    allowed: `a list of different ${options.what}`,
    fromText: itemsFromText,
    placeholder: 'NAME,…',
  };
  return optionalKey(check, notes);
}

const HOST_NAME = /^\.?[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/i;

/** Addresses, none twice; may be empty. Text form: comma-separated, or JSON. */
export function addressesKey(options: KeySummary & { readonly default: readonly Address[] }) {
  const notes = {
    ...labels(options),
    allowed: 'a list of different addresses',
    fromText: itemsFromText,
    placeholder: 'ADDRESS,…',
  };
  const check = (value: unknown): Outcome<readonly Address[], 'bad-value'> => {
    if (Array.isArray(value) && value.length === 0) return success([]);
    return checkDifferent(value, 'an address');
  };
  return keyWithDefault(check, notes, options.default);
}

function checkMints(value: unknown): Outcome<readonly Address[], 'bad-value'> {
  return checkDifferent(value, 'a mint address');
}

function checkDifferent(value: unknown, what: string): Outcome<readonly Address[], 'bad-value'> {
  if (!Array.isArray(value) || value.length === 0) return refusal('bad-value');
  const addresses: Address[] = [];
  for (const item of value as unknown[]) {
    if (typeof item !== 'string' || !isAddress(item)) {
      return refusal('bad-value', `${JSON.stringify(item)} is not ${what}`);
    }
    if (addresses.includes(item)) return refusal('bad-value', `${item} stands there twice`);
    addresses.push(item);
  }
  return success(addresses);
}

/** Pools by venue and address, none twice. Text form: `VENUE:ADDRESS,…`, or JSON. */
export function poolsKey(options: KeySummary & { readonly default: readonly PoolName[] }) {
  const notes = {
    ...labels(options),
    allowed: 'a list of {"venue": NAME, "address": ADDRESS}, no address twice',
    fromText: poolsFromText,
    placeholder: 'VENUE:ADDRESS,…',
  };
  return keyWithDefault(checkPools, notes, options.default);
}

function checkPools(value: unknown): Outcome<readonly PoolName[], 'bad-value'> {
  if (!Array.isArray(value)) return refusal('bad-value');
  const pools: PoolName[] = [];
  for (const item of value as unknown[]) {
    if (!isRecord(item)) return refusal('bad-value', `${JSON.stringify(item)} is not an object`);
    const { venue, address, ...others } = item;
    const [unknownKey] = Object.keys(others);
    if (unknownKey !== undefined)
      return refusal('bad-value', `a pool has no key ${JSON.stringify(unknownKey)}`);
    if (typeof venue !== 'string' || venue === '') {
      return refusal('bad-value', `${JSON.stringify(item)} names no venue`);
    }
    if (typeof address !== 'string' || !isAddress(address)) {
      return refusal('bad-value', `${JSON.stringify(address ?? null)} is not a pool address`);
    }
    if (pools.some((pool) => pool.address === address)) {
      return refusal('bad-value', `${address} stands there twice`);
    }
    pools.push({ venue, address });
  }
  return success(pools);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function itemsFromText(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed.startsWith('[')) return boundedJsonOrText(trimmed);
  return trimmed === '' ? [] : trimmed.split(',').map((item) => item.trim());
}

function pairsFromText(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) return boundedJsonOrText(trimmed);
  // A map: an object would take the name __proto__ and keep nothing of it.
  const pairs = new Map<string, string>();
  for (const item of trimmed === '' ? [] : trimmed.split(',')) {
    const [mint = '', amount = ''] = item.split(/=(.*)/s).map((part) => part.trim());
    // Twice the same mint has no meaning; the text as a whole is refused.
    if (pairs.has(mint)) return text;
    pairs.set(mint, amount);
  }
  return Object.fromEntries(pairs);
}

function poolsFromText(text: string): unknown {
  const items = itemsFromText(text);
  if (text.trim().startsWith('[') || !Array.isArray(items)) return items;
  return (items as string[]).map((item) => {
    const at = item.indexOf(':');
    return at < 0 ? item : { venue: item.slice(0, at), address: item.slice(at + 1) };
  });
}
