import type { Sent, Unknown } from '../../execution/sender.ts';
import type { RelayAnswer, RelayKind } from './relay-answer.ts';

/** What the row of an answer says of the transaction that was sent. */
export type Verdict =
  | { readonly verdict: 'sent'; readonly reason: Exclude<Sent['reason'], 'accepted'> }
  | { readonly verdict: 'never-accepted'; readonly reason: string }
  | { readonly verdict: Unknown['verdict']; readonly reason: string };

/** A row holds for an answer that meets everything that it names. */
export interface VerdictRow {
  readonly reason: string;
  readonly verdict: Verdict['verdict'];
  /** Why that follows, in a sentence. */
  readonly because: string;
  /** Default: all. */
  readonly relays?: readonly RelayKind[];
  readonly unsent?: true;
  readonly statuses?: readonly number[];
  readonly codes?: readonly number[];
  readonly grpcCodes?: readonly number[];
  readonly words?: RegExp;
}

const INVALID_PARAMS = -32_602;
const PREFLIGHT = -32_002;
const SIGNATURE = -32_003;
const INTERNAL = -32_603;
/** Codes under which relays and nodes tell what is wrong with the transaction itself. */
const OF_THE_TRANSACTION = [INVALID_PARAMS, PREFLIGHT, SIGNATURE, INTERNAL, -32_000, -32_600];
/** Codes that providers have for their own limits and keys, and that mean nothing else. */
const TOO_OFTEN = [429, 7_429, -32_029, -32_097, -32_429];
const NOT_ALLOWED = [401, 402, 403, 413, -32_052, -32_401, -32_402, -32_403];
/** Codes of a node that providers use for their limits too: the words tell. */
const SHARED = [SIGNATURE, -32_005, -32_007];
const TIP_WORDS =
  /\btip\b.*\b(?:at least|minimum|below|too (?:low|small)|less than)|(?:lock|include|send|must).*\btip\b/i;
/** gRPC: INVALID_ARGUMENT, and what Jito answers a bundle with that it does not take. */
const INVALID_ARGUMENT = 3;

/**
 * Which answers prove what, the first row that holds. Whatever no row knows is unknown: it costs the wait for the
 * blockhash to expire, and a wrong proof costs a trade made twice. A fault of the server or of the way is in no row, for
 * whoever fails may have passed on before he failed.
 */
export const VERDICT_ROWS: readonly VerdictRow[] = [
  {
    reason: 'not-connected',
    verdict: 'never-accepted',
    because: 'no connection was made, or the turn at our own limit did not come: nothing was written',
    unsent: true,
  },
  {
    reason: 'malformed-bundle',
    verdict: 'never-accepted',
    because: 'a bundle that breaks the rules of bundles is turned away whole',
    relays: ['jito'],
    codes: [INVALID_PARAMS],
    words: /must not contain any duplicate|exceeds max transaction length|maximum number of transactions/i,
  },
  {
    reason: 'already-processed',
    verdict: 'sent',
    because: 'the chain has a transaction of this signature',
    codes: OF_THE_TRANSACTION,
    words: /already (?:been )?processed|AlreadyProcessed/i,
  },
  {
    reason: 'already-processed',
    verdict: 'sent',
    because: 'the chain has a transaction of this signature',
    grpcCodes: [INVALID_ARGUMENT, 6, 9],
    words: /already (?:been )?processed/i,
  },
  {
    reason: 'duplicate',
    verdict: 'sent',
    because: 'ALREADY_EXISTS: it has it from an earlier send',
    grpcCodes: [6],
  },
  {
    reason: 'tip-refused',
    verdict: 'never-accepted',
    because: 'the tip is looked at before anything is passed on',
    relays: ['jito', 'helius-sender'],
    codes: OF_THE_TRANSACTION,
    words: TIP_WORDS,
  },
  {
    reason: 'tip-refused',
    verdict: 'never-accepted',
    because: 'the same, in JSON of its own',
    relays: ['jito', 'helius-sender'],
    statuses: [400, 422],
    words: TIP_WORDS,
  },
  {
    reason: 'blockhash-refused',
    verdict: 'never-accepted',
    because: 'a blockhash that is not known or no longer is cannot land from here',
    codes: [INVALID_PARAMS, PREFLIGHT],
    words: /blockhash/i,
  },
  {
    reason: 'simulation-failed',
    verdict: 'never-accepted',
    because: 'a node simulates before it passes on, and stops there',
    relays: ['rpc'],
    codes: [PREFLIGHT],
    words: /simulation|preflight/i,
  },
  {
    reason: 'duplicate',
    verdict: 'sent',
    because: 'it has it from an earlier send',
    codes: OF_THE_TRANSACTION,
    words: /\bduplicate (?:bundle|transaction|tx|request)\b|already (?:been )?(?:received|submitted|queued)/i,
  },
  {
    reason: 'signature-refused',
    verdict: 'never-accepted',
    because: 'a signature that does not hold is no transaction',
    codes: [SIGNATURE],
    words: /signature verif/i,
  },
  {
    reason: 'too-many-locks',
    verdict: 'never-accepted',
    because: 'the locks are counted when the transaction is read',
    codes: [INVALID_PARAMS, INTERNAL],
    words: /too many account locks/i,
  },
  {
    reason: 'node-behind',
    verdict: 'never-accepted',
    because: 'a node looks at its own state before it passes on',
    relays: ['rpc'],
    codes: [-32_005, -32_016],
    words: /behind|unhealthy|context slot/i,
  },
  {
    reason: 'request-refused',
    verdict: 'never-accepted',
    because: 'it could not read the request, or knows no such method',
    codes: [-32_600, -32_601, INVALID_PARAMS, -32_700],
  },
  {
    reason: 'asked-too-often',
    verdict: 'never-accepted',
    because: 'a limit is held at the door',
    codes: TOO_OFTEN,
  },
  {
    reason: 'asked-too-often',
    verdict: 'never-accepted',
    because: 'a limit is held at the door',
    codes: SHARED,
    words:
      /(?:request|call) (?:count|limit)|rate.?limit|too many requests|per second|quota|credits|daily|upgrade/i,
  },
  {
    reason: 'not-allowed',
    verdict: 'never-accepted',
    because: 'a key or a plan is looked at at the door',
    codes: NOT_ALLOWED,
  },
  {
    reason: 'asked-too-often',
    verdict: 'never-accepted',
    because: 'HTTP 429 is said in place of doing anything',
    statuses: [429],
  },
  {
    reason: 'not-allowed',
    verdict: 'never-accepted',
    because: 'these HTTP statuses are said in place of doing anything',
    statuses: [401, 402, 403, 404, 405, 410, 411, 413, 414, 415, 431],
  },
  {
    reason: 'sent-elsewhere',
    verdict: 'never-accepted',
    because:
      'it says where to ask instead, and is not followed; 301, 302 and 303 are also said after the deed',
    statuses: [307, 308],
  },
  {
    reason: 'not-connected',
    verdict: 'never-accepted',
    because: 'the gRPC client had no connection to write to',
    grpcCodes: [14],
    words: /^no connection established/i,
  },
  {
    reason: 'tip-refused',
    verdict: 'never-accepted',
    because: 'INVALID_ARGUMENT, for its tip',
    grpcCodes: [INVALID_ARGUMENT],
    words: TIP_WORDS,
  },
  {
    reason: 'blockhash-refused',
    verdict: 'never-accepted',
    because: 'INVALID_ARGUMENT, for its blockhash',
    grpcCodes: [INVALID_ARGUMENT],
    words: /blockhash/i,
  },
  {
    reason: 'request-refused',
    verdict: 'never-accepted',
    because: 'INVALID_ARGUMENT, OUT_OF_RANGE, UNIMPLEMENTED: it cannot do anything with the request',
    grpcCodes: [INVALID_ARGUMENT, 11, 12],
  },
  {
    reason: 'not-allowed',
    verdict: 'never-accepted',
    because: 'PERMISSION_DENIED, UNAUTHENTICATED: looked at at the door',
    grpcCodes: [7, 16],
  },
  {
    reason: 'answer-too-large',
    verdict: 'unknown',
    because: 'the client itself says RESOURCE_EXHAUSTED of an answer that is too large to read',
    grpcCodes: [8],
    words: /message larger than max/i,
  },
  {
    reason: 'asked-too-often',
    verdict: 'never-accepted',
    because: 'RESOURCE_EXHAUSTED: a limit is held at the door',
    grpcCodes: [8],
  },
];

/** What an answer proves. */
export function verdictOf(answer: RelayAnswer): Verdict {
  const row = VERDICT_ROWS.find((candidate) => holds(candidate, answer));
  if (row === undefined) return { verdict: 'unknown', reason: unknownReason(answer) };
  const { verdict, reason } = row;
  return { verdict, reason } as Verdict;
}

function holds(row: VerdictRow, answer: RelayAnswer): boolean {
  const { relay, unsent, status, code, grpcCode, text } = answer;
  return (
    isNamed(row.relays, relay) &&
    (row.unsent === undefined || unsent) &&
    isNamed(row.statuses, status) &&
    isNamed(row.codes, code) &&
    isNamed(row.grpcCodes, grpcCode) &&
    (row.words === undefined || row.words.test(text))
  );
}

function isNamed<T>(named: readonly T[] | undefined, value: T | undefined): boolean {
  return named === undefined || (value !== undefined && named.includes(value));
}

/** For counting: how far it came. */
function unknownReason({ status, code, grpcCode, isOdd }: RelayAnswer): string {
  if (isOdd === true) return 'odd-answer';
  if (code !== undefined) return 'unknown-error';
  if (grpcCode !== undefined) return `grpc-${grpcCode}`;
  if (status === undefined) return 'no-answer';
  return status >= 500 ? 'server-fault' : 'odd-answer';
}
