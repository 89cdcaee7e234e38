/**
 * What a refusal is about, however it was said.
 *
 * - `rate`: asked too often; slower, and it passes by itself. `plan`: what was paid for is used up or does not hold
 *   this. `key`: the key is not taken. `gone`: nothing is at this address. `size`: too much was asked at once.
 * - `busy`: a fault of the moment. `behind`: the node has not reached the slot asked for. `not-here`: this node does not
 *   do or keep that; another may.
 * - `request`: the request itself is wrong, wherever it is sent. `unknown`: none of these words.
 *
 * All but `request` concern the endpoint, and are no answer.
 */
export type RefusalKind =
  | 'rate'
  | 'plan'
  | 'key'
  | 'gone'
  | 'size'
  | 'busy'
  | 'behind'
  | 'not-here'
  | 'request'
  | 'unknown';

/** A refusal as it came; what was not said is absent. */
export interface Refusal {
  /** Of HTTP, of a WebSocket handshake too. */
  readonly status?: number | undefined;
  /** Of a JSON-RPC error. */
  readonly code?: number | undefined;
  /** With which a WebSocket was closed. */
  readonly closeCode?: number | undefined;
  readonly grpcCode?: number | undefined;
  /** The provider's own words. */
  readonly text?: string | undefined;
}

/** Status, code and text together tell; a code alone means one thing to a node and another to its provider. */
export function refusalKind(refusal: Refusal): RefusalKind {
  const { status, code, closeCode, grpcCode, text = '' } = refusal;
  return (
    (code === undefined ? undefined : ofTheNode(code, text)) ??
    (status === undefined ? undefined : ofStatus(status, text)) ??
    (code === undefined ? undefined : RATE_AND_KEY_CODES.get(code)) ??
    ofText(text) ??
    (code === undefined ? undefined : OTHER_CODES.get(code)) ??
    (closeCode === undefined ? undefined : CLOSE_CODES.get(closeCode)) ??
    (grpcCode === undefined ? undefined : GRPC_CODES.get(grpcCode)) ??
    (status !== undefined && status >= 400 && status < 500 && code === undefined ? 'request' : 'unknown')
  );
}

/** True of what passes by itself within seconds; the rest wants a longer wait or somebody's hand. */
export function passesSoon(kind: RefusalKind): boolean {
  return kind === 'rate' || kind === 'busy' || kind === 'behind' || kind === 'unknown';
}

/** The most that the provider says it gives at once, where its words tell: "max 75", "limited to a 5 accounts range". */
export function limitIn(text: string): number | undefined {
  const found = LIMIT.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

const LIMIT = /(?:max(?:imum)?|limit(?:ed)?|up to|at most|no more than|exceeds?)\D{0,24}(\d{1,4})(?!\d)/i;

/** A node's own sentences, which stay what they are under any status: programs and users write into some of them. */
const NODE_SENTENCES: ReadonlyMap<number, readonly (readonly [RegExp, RefusalKind])[]> = new Map([
  [-32_002, [[/simulation failed|preflight|already been processed|blockhash/i, 'request']]],
  [-32_003, [[/signature verif/i, 'request']]],
  [-32_004, [[/block not available/i, 'busy']]],
  [-32_005, [[/behind|unhealthy/i, 'busy']]],
  [-32_007, [[/slot \d+ was skipped|ledger jump|missing/i, 'not-here']]],
  [-32_009, [[/slot \d+ was skipped|long-term storage/i, 'not-here']]],
  [-32_016, [[/context slot/i, 'behind']]],
  [-32_601, [[/^method not found$/i, 'not-here']]],
  [-32_602, [[/^invalid params?\b/i, 'request']]],
]);

function ofTheNode(code: number, text: string): RefusalKind | undefined {
  return NODE_SENTENCES.get(code)?.find(([words]) => words.test(text))?.[1];
}

function ofStatus(status: number, text: string): RefusalKind | undefined {
  if (status < 300) return undefined;
  if (status < 400) return 'gone';
  if (status >= 500) return ofText(text) ?? 'busy';
  switch (status) {
    case 401:
      return 'key';
    case 402:
      return 'plan';
    case 403:
      return ofText(text) ?? 'key';
    case 404:
    case 405:
    case 410:
    case 421:
    case 451:
      return ofText(text) ?? 'gone';
    case 408:
    case 423:
    case 424:
    case 425:
      return 'busy';
    case 413:
    case 414:
      return 'size';
    case 420:
    case 429:
    case 430:
      return ofText(text) === 'plan' ? 'plan' : 'rate';
    default:
      return undefined;
  }
}

const PER_SECOND = /per[ -]?(?:second|minute)|\/\s?s(?:ec|econd)?\b|\brps\b/i;
const SIZE =
  /too many (?:inputs|accounts|addresses|pubkeys|public keys|keys|items|elements)|(?:entity|payload|body|batch|request|response|content|message)\b.{0,20}\btoo (?:large|big|long)|(?:accounts|addresses|pubkeys|inputs|batch(?: size)?)\b.{0,30}\b(?:limit|max|exceed)|(?:limited to|max(?:imum)?(?: of)?|up to|at most)\D{0,8}\d+\D{0,8}(?:accounts|addresses|pubkeys|inputs)/i;
/** What is counted over a long time, or paid. */
const LONG =
  /\bdaily\b|\bday\b|monthly|\bmonth\b|hourly|quota|credits?\b|capacity|usage|billing|payment|past due|suspend|expired|deactivated/i;
const RATE =
  /too many (?:requests|calls|connections|subscriptions|streams)|rate.?limit|over rate|throttl|slow down|retry later|try again later|limits?\b.{0,20}\b(?:reached|exceeded|hit)|exceed\w*\b.{0,30}\b(?:limit|rate)|\bratelimited?\b/i;
const PLAN =
  /\bplan\b|upgrade|\btier\b|not (?:available|included|enabled|supported) (?:on|in|for) (?:your|this|the)/i;
const KEY =
  /api.?key|unauthori[sz]ed|unauthenticated|forbidden|access (?:denied|token)|(?:invalid|missing|wrong|unknown) (?:token|key|credential|secret)|not allowed|permission|whitelist|allowlist|authenticat/i;

function ofText(text: string): RefusalKind | undefined {
  if (text === '') return undefined;
  if (PER_SECOND.test(text)) return 'rate';
  if (SIZE.test(text)) return 'size';
  if (LONG.test(text)) return 'plan';
  if (RATE.test(text)) return 'rate';
  if (PLAN.test(text)) return 'plan';
  return KEY.test(text) ? 'key' : undefined;
}

/** Codes that mean the same with any words. */
const RATE_AND_KEY_CODES: ReadonlyMap<number, RefusalKind> = new Map([
  [401, 'key'],
  [402, 'plan'],
  [403, 'key'],
  [413, 'size'],
  [429, 'rate'],
  [7_429, 'rate'],
  [-32_029, 'rate'],
  [-32_429, 'rate'],
  [-32_401, 'key'],
  [-32_402, 'plan'],
  [-32_403, 'key'],
  [-32_052, 'key'],
]);

/** Codes of which the words may say something else. */
const OTHER_CODES: ReadonlyMap<number, RefusalKind> = new Map([
  // Of a provider; the node's own meaning has the node's own sentence.
  [-32_003, 'plan'],
  [-32_007, 'rate'],
  // Block not available, node behind, status not there yet, scan failed, storage not reached, internal fault.
  [-32_004, 'busy'],
  [-32_005, 'busy'],
  [-32_014, 'busy'],
  [-32_012, 'busy'],
  [-32_019, 'busy'],
  [-32_603, 'busy'],
  [-32_016, 'behind'],
  // Cleaned up, no snapshot, skipped, not in this node's index, history not kept, no such method.
  [-32_001, 'not-here'],
  [-32_008, 'not-here'],
  [-32_009, 'not-here'],
  [-32_010, 'not-here'],
  [-32_011, 'not-here'],
  [-32_601, 'not-here'],
  [-32_002, 'request'],
  [-32_006, 'request'],
  [-32_013, 'request'],
  [-32_015, 'request'],
  [-32_018, 'request'],
  [-32_600, 'request'],
  [-32_602, 'request'],
  [-32_700, 'request'],
]);

const CLOSE_CODES: ReadonlyMap<number, RefusalKind> = new Map([
  [1_008, 'plan'],
  [1_009, 'size'],
  [1_011, 'busy'],
  [1_012, 'busy'],
  [1_013, 'busy'],
  [4_001, 'key'],
  [4_003, 'plan'],
  [4_029, 'rate'],
]);

const GRPC_CODES: ReadonlyMap<number, RefusalKind> = new Map([
  [2, 'busy'],
  [3, 'request'],
  [4, 'busy'],
  [5, 'gone'],
  [7, 'key'],
  [8, 'rate'],
  [11, 'request'],
  [12, 'not-here'],
  [13, 'busy'],
  [14, 'busy'],
  [16, 'key'],
]);
