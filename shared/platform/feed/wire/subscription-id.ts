/**
 * A node's subscription id is a u64. As a number where that is exact, which is what every validator gives out; beyond
 * 2^53 as a bigint, so that two ids never become one. One value has one form, and so is one key of a Map.
 */
export type SubscriptionId = number | bigint;

const U64_MAX = 18_446_744_073_709_551_615n;

/** Undefined when the value, a number or a decimal text, is no u64. */
export function subscriptionId(value: unknown): SubscriptionId | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== 'string' || !/^(?:0|[1-9]\d{0,19})$/.test(value)) return undefined;
  const id = BigInt(value);
  if (id > U64_MAX) return undefined;
  return id <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(id) : id;
}

/** A JSON-RPC request. Ids stand among `params` as they are: every digit of them is written. */
export function requestJson(id: number, method: string, params: readonly unknown[]): string {
  const texts = params.map((param) => (typeof param === 'bigint' ? String(param) : JSON.stringify(param)));
  return `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":[${texts.join(',')}]}`;
}

/**
 * JSON text in which ids beyond 53 bits stand as strings, so that `JSON.parse` keeps every digit. The pattern cannot
 * match inside a JSON string: a quote there is escaped, and the closing quote would follow a backslash.
 */
export function keepLargeSubscriptions(json: string): string {
  return LARGE.test(json) ? json.replace(LARGE_ALL, '"$1":"$2"') : json;
}

const LARGE = /"(?:subscription|result)"\s*:\s*\d{16}/;
const LARGE_ALL = /"(subscription|result)"\s*:\s*(\d{16,})/g;
