const MASK = '****';
/** Shorter ones are words of any answer. */
const SHORTEST = 4;
/** Path segments this long may be keys. */
const SEGMENT = 8;
/** Query values and path segments that are no secret wherever they stand. */
const PLAIN = /^(?:true|false|mainnet|devnet|testnet|solana|mainnet-beta|confirmed|processed|finalized)$/i;

/** Hides what we send as proof of who we are from everything that comes back. */
export interface SecretMask {
  /** The text with every secret in it replaced, in each form in which a server may echo it. */
  mask(text: string): string;
  /** True when some secret stands in these bytes as it was sent. */
  isIn(bytes: Buffer): boolean;
}

/** A mask of these secrets. One with none changes nothing. */
export function createSecretMask(secrets: Iterable<string>): SecretMask {
  const forms = new Set<string>();
  for (const secret of secrets) {
    for (const form of formsOf(secret)) if (form.length >= SHORTEST) forms.add(form);
  }
  // The longest first: a secret may be a part of another.
  const sorted = [...forms].sort((a, b) => b.length - a.length);
  const inBytes = sorted.map((form) => Buffer.from(form));
  const pattern = sorted.length === 0 ? undefined : new RegExp(sorted.map(escaped).join('|'), 'gi');
  return {
    mask: (text) => (pattern === undefined ? text : text.replace(pattern, MASK)),
    isIn: (bytes) => inBytes.some((form) => bytes.includes(form)),
  };
}

/** What a URL holds that nobody may see: login, query values, long path segments. */
export function secretsOfUrl(text: string): readonly string[] {
  const url = URL.parse(text);
  if (url === null) return [text];
  const login = [url.username, url.password].filter((part) => part !== '');
  const [user, password] = [url.username, url.password].map(decoded);
  const basic = login.length === 0 ? [] : [`${user}:${password}`, base64(`${user}:${password}`)];
  const values = [...url.searchParams.values()].filter((value) => !PLAIN.test(value));
  const segments = url.pathname.split('/').filter((part) => part.length >= SEGMENT && !PLAIN.test(part));
  return [...login, ...basic, ...values, ...segments, url.hash.slice(1)].filter((part) => part !== '');
}

/** What headers hold that nobody may see: every value but those of content and encoding. */
export function secretsOfHeaders(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers)
    .filter(([name]) => !/^(?:content-|accept)/i.test(name))
    .flatMap(([, value]) => {
      const token = value.replace(/^(?:bearer|basic|token)\s+/i, '');
      return [value, token, ...(/^basic\s/i.test(value) ? unpacked(token) : [])];
    });
}

const LONGEST_SENTENCE = 300;
/** Control characters, those that turn a line's direction included: a terminal obeys them. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/**
 * A provider's own words as they may be shown: without secrets and control characters, on one line, cut to 300
 * characters. Masked before and after, for what is taken out may bring two halves of a secret together.
 */
export function sentenceOf(text: string, secrets: SecretMask): string {
  const plain = secrets.mask(text).replace(CONTROL, ' ').replace(/\s+/g, ' ').trim();
  const joined = secrets.mask(text.replace(CONTROL, '')).replace(/\s+/g, ' ').trim();
  const shown = joined.includes(MASK) && !plain.includes(MASK) ? joined : secrets.mask(plain);
  return shown.length <= LONGEST_SENTENCE ? shown : `${shown.slice(0, LONGEST_SENTENCE - 1)}…`;
}

/** As it is, decoded, encoded for a URL, and as JSON may write it. */
function formsOf(secret: string): readonly string[] {
  const plain = decoded(secret);
  const all = [secret, plain, encodeURIComponent(plain)];
  return all.flatMap((form) => [form, JSON.stringify(form).slice(1, -1), form.replaceAll('/', '\\/')]);
}

function unpacked(token: string): readonly string[] {
  const login = Buffer.from(token, 'base64').toString('utf8');
  return [login, ...login.split(':')].filter((part) => part !== '');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
