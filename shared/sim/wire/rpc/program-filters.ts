import bs58 from 'bs58';
import type { AccountBytes } from '../../../core/account.ts';
import { base64Bytes, type Config, choice, config, list, text, unsigned } from './params.ts';
import { invalidParams } from './rpc-error.ts';

/** A test of getProgramAccounts and programSubscribe. */
export type ProgramFilter = (account: AccountBytes) => boolean;

const MAX_FILTERS = 4;
const MAX_MEMCMP_BYTES = 128;

/** The filters of a configuration: dataSize and memcmp, at most four. */
export function readFilters(settings: Config): readonly ProgramFilter[] {
  if (settings.filters === undefined || settings.filters === null) return [];
  const filters = list(settings.filters);
  if (filters.length > MAX_FILTERS) throw invalidParams(`Too many filters provided; max ${MAX_FILTERS}`);
  return filters.map((filter) => readFilter(config(filter)));
}

export function passes(account: AccountBytes, filters: readonly ProgramFilter[]): boolean {
  for (const filter of filters) if (!filter(account)) return false;
  return true;
}

function readFilter(filter: Config): ProgramFilter {
  if (filter.dataSize !== undefined) {
    const bytes = unsigned(filter.dataSize);
    return (account) => account.data.length === bytes;
  }
  if (filter.memcmp !== undefined) return readMemcmp(config(filter.memcmp));
  const names = Object.keys(filter).join('`, `');
  throw invalidParams(`Invalid params: unknown variant \`${names}\`, expected \`dataSize\` or \`memcmp\`.`);
}

function readMemcmp(memcmp: Config): ProgramFilter {
  const offset = unsigned(memcmp.offset);
  const encoding = choice(memcmp.encoding, ['base58', 'base64'], 'base58');
  const encoded = text(memcmp.bytes);
  const bytes = encoding === 'base58' ? bs58.decodeUnsafe(encoded) : base64Bytes(encoded);
  if (bytes === undefined) throw invalidParams(`Invalid param: invalid ${encoding} in memcmp bytes`);
  if (bytes.length > MAX_MEMCMP_BYTES) throw invalidParams('Invalid param: data too large for memcmp filter');
  return ({ data }) => {
    if (offset + bytes.length > data.length) return false;
    for (let i = 0; i < bytes.length; i++) if (data[offset + i] !== bytes[i]) return false;
    return true;
  };
}
