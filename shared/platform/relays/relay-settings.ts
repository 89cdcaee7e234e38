import bs58 from 'bs58';
import { z } from 'zod';
import { type Address, isAddress } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';
import { HELIUS_TIP_ACCOUNTS, jitoTipAccounts } from './tip-accounts.ts';
import type { Version } from './version-probe.ts';

/** By what protocol a relay is spoken to. */
export type RelayProtocol = 'jito-bundle' | 'jito-transaction' | 'jito-grpc' | 'helius-sender' | 'rpc';

/** One relay, as data. */
export interface RelaySettings {
  readonly name: string;
  readonly protocol: RelayProtocol;
  /** Address by region. Of `rpc`: none, its endpoints are those of the RPC. */
  readonly regions: Readonly<Record<string, string>>;
  /** Those that are known; what the relay tells is held against them. */
  readonly tipAccounts: readonly Address[];
  readonly minimumTipLamports: bigint;
  /** To each region. What it really gives is learnt from its refusals. */
  readonly requestsPerSecond: number;
  /** One attempt, from request to last byte. */
  readonly timeoutMs: number;
  /** Versions that it takes without having been probed. */
  readonly versions: readonly Version[];
  /** What fails there does not land, so it costs nothing. */
  readonly revertProtected: boolean;
  /** A secret: `x-jito-auth` of Jito, `api-key` of Helius; over gRPC the admitted key in base58, 32 or 64 bytes. */
  readonly token?: string | undefined;
  /** Of Helius Sender: only by staked connections. */
  readonly swqosOnly: boolean;
}

/** What may be configured of a relay; the rest follows from its protocol. */
const ENTRY = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be of lower-case letters, digits and dashes'),
  protocol: z.enum(['jito-bundle', 'jito-transaction', 'jito-grpc', 'helius-sender', 'rpc']),
  regions: z
    .record(
      z.string().regex(/^[a-z0-9-]{1,32}$/, 'must be of lower-case letters, digits and dashes'),
      z.string().refine(isHttpUrl, 'must be an http:// or https:// address'),
    )
    .optional(),
  tipAccounts: z
    .array(z.string().refine(isAddress, 'must be base58 of 32 bytes'))
    .min(1, 'must name at least one account')
    .refine((list) => new Set(list).size === list.length, 'names an account twice')
    .optional(),
  minimumTipLamports: z
    .union([z.string().regex(/^\d{1,20}$/, 'must be whole lamports'), z.int().min(0)])
    .transform(BigInt)
    .optional(),
  requestsPerSecond: z.number().positive().max(1_000).optional(),
  timeoutMs: z.int().min(50).max(60_000).optional(),
  token: z.string().min(1).optional(),
  swqosOnly: z.boolean().optional(),
});

const JITO_REGIONS = ['amsterdam', 'dublin', 'frankfurt', 'london', 'ny', 'slc', 'singapore', 'tokyo'];
const HELIUS_REGIONS = ['slc', 'ewr', 'lon', 'fra', 'ams', 'sg', 'tyo'];
const OLD_VERSIONS: readonly Version[] = ['legacy', 0];
const JITO_TIP = 1_000n;
const HELIUS_TIP = 1_000_000n;
const HELIUS_SWQOS_TIP = 5_000n;

type Entry = z.infer<typeof ENTRY>;

/** Keys that would do nothing. The endpoints of the RPC have limits, keys and addresses of their own, and take no tip. */
const NOT_FOR: Readonly<Record<RelayProtocol, readonly (keyof Entry)[]>> = {
  rpc: [
    'regions',
    'tipAccounts',
    'minimumTipLamports',
    'requestsPerSecond',
    'timeoutMs',
    'token',
    'swqosOnly',
  ],
  'helius-sender': [],
  'jito-bundle': ['swqosOnly'],
  'jito-transaction': ['swqosOnly'],
  'jito-grpc': ['swqosOnly'],
};
type Defaults = Omit<RelaySettings, 'name' | 'protocol' | 'token'>;

/** The relays of a configuration that names none. */
export const DEFAULT_RELAYS: readonly unknown[] = [
  { name: 'jito', protocol: 'jito-bundle' },
  { name: 'helius-sender', protocol: 'helius-sender' },
  { name: 'rpc', protocol: 'rpc' },
];

/** Throws `relays-invalid`, which names the field, what it is and what it may be. Nothing of a token is told. */
export function readRelaySettings(value: unknown = DEFAULT_RELAYS): readonly RelaySettings[] {
  if (!Array.isArray(value)) throw invalid('relays', 'must be a list of relays', typeof value);
  const settings = value.map((one: unknown, i) => completed(checked(one, `relays[${i}]`), `relays[${i}]`));
  settings.forEach(({ name }, i) => {
    if (settings.findIndex((other) => other.name === name) === i) return;
    throw invalid(`relays[${i}].name`, 'must differ from the other relays’', JSON.stringify(name));
  });
  return settings;
}

function checked(value: unknown, at: string): Entry {
  const parsed = ENTRY.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path;
  const field = path.reduce<string>(
    (text, part) => `${text}${typeof part === 'number' ? `[${part}]` : `.${String(part)}`}`,
    at,
  );
  const allowed =
    issue.code === 'unrecognized_keys'
      ? `is not known; a relay has ${Object.keys(ENTRY.shape).join(', ')}`
      : issue.message;
  throw invalid(field, allowed, path.includes('token') ? '****' : shown(value, path));
}

function completed(entry: Entry, at: string): RelaySettings {
  const defaults = defaultsOf(entry);
  const regions = entry.regions ?? defaults.regions;
  for (const key of NOT_FOR[entry.protocol]) {
    if (entry[key] === undefined) continue;
    throw invalid(`${at}.${key}`, `is not for protocol ${entry.protocol}: leave it out`, 'a value');
  }
  if (entry.protocol !== 'rpc' && Object.keys(regions).length === 0) {
    throw invalid(`${at}.regions`, 'must name at least one region, or be left out', '{}');
  }
  if (entry.protocol === 'jito-grpc' && entry.token !== undefined && !isKey(entry.token)) {
    throw invalid(`${at}.token`, 'must be the key that Jito has admitted, 32 or 64 bytes in base58', '****');
  }
  const open = Object.entries(regions).find(([, url]) => entry.token !== undefined && isOpen(url));
  if (open !== undefined) {
    const wayOut = 'would send the token unencrypted: give an https:// address, or no token';
    throw invalid(`${at}.regions.${open[0]}`, wayOut, 'an http:// address');
  }
  const minimum = entry.minimumTipLamports ?? defaults.minimumTipLamports;
  if (minimum < defaults.minimumTipLamports) {
    const least = `must be at least ${defaults.minimumTipLamports}, which is what the relay itself asks for`;
    throw invalid(`${at}.minimumTipLamports`, least, String(minimum));
  }
  return {
    name: entry.name,
    protocol: entry.protocol,
    regions,
    tipAccounts: (entry.tipAccounts as readonly Address[] | undefined) ?? defaults.tipAccounts,
    minimumTipLamports: minimum,
    requestsPerSecond: entry.requestsPerSecond ?? defaults.requestsPerSecond,
    timeoutMs: entry.timeoutMs ?? defaults.timeoutMs,
    versions: defaults.versions,
    revertProtected: defaults.revertProtected,
    token: entry.token,
    swqosOnly: entry.swqosOnly ?? defaults.swqosOnly,
  };
}

function defaultsOf({ protocol, swqosOnly }: Entry): Defaults {
  const shared = { timeoutMs: 2_000, versions: OLD_VERSIONS, swqosOnly: false };
  switch (protocol) {
    case 'jito-bundle':
    case 'jito-transaction':
    case 'jito-grpc':
      return {
        ...shared,
        regions: byRegion(JITO_REGIONS, (region) => `https://${region}.mainnet.block-engine.jito.wtf`),
        tipAccounts: jitoTipAccounts(),
        minimumTipLamports: JITO_TIP,
        requestsPerSecond: 1,
        revertProtected: true,
      };
    case 'helius-sender':
      return {
        ...shared,
        regions: byRegion(HELIUS_REGIONS, (region) => `http://${region}-sender.helius-rpc.com`),
        tipAccounts: HELIUS_TIP_ACCOUNTS,
        minimumTipLamports: swqosOnly === true ? HELIUS_SWQOS_TIP : HELIUS_TIP,
        requestsPerSecond: 50,
        revertProtected: false,
      };
    case 'rpc':
      return {
        ...shared,
        regions: {},
        tipAccounts: [],
        minimumTipLamports: 0n,
        requestsPerSecond: 10,
        revertProtected: false,
      };
  }
}

function byRegion(regions: readonly string[], url: (region: string) => string): Record<string, string> {
  return Object.fromEntries(regions.map((region) => [region, url(region)]));
}

function isKey(text: string): boolean {
  const bytes = bs58.decodeUnsafe(text)?.length;
  return bytes === 32 || bytes === 64;
}

/** Whoever stands on the way could read what is sent there. */
function isOpen(text: string): boolean {
  const { protocol, hostname } = new URL(text);
  return protocol === 'http:' && hostname !== '127.0.0.1' && hostname !== 'localhost' && hostname !== '[::1]';
}

function isHttpUrl(text: string): boolean {
  const protocol = URL.parse(text)?.protocol;
  return protocol === 'http:' || protocol === 'https:';
}

function shown(value: unknown, path: readonly PropertyKey[]): string {
  let at = value;
  for (const part of path)
    at = typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[part] : undefined;
  // A URL may hold a key.
  if (path.includes('regions')) return 'what is given';
  return typeof at === 'bigint' ? String(at) : (JSON.stringify(at) ?? 'nothing');
}

function invalid(field: string, allowed: string, given: string): ArbError {
  return new ArbError('relays-invalid', `${field} ${allowed} (given: ${given})`, { field, allowed, given });
}
