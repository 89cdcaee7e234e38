import { errorText } from '../../../core/errors.ts';
import { passesSoon, type RefusalKind } from '../../http/refusal.ts';
import { type SecretMask, sentenceOf } from '../../http/secrets.ts';

/** What is the matter with one wire of an endpoint; `passing` passes by itself. */
export type WireTrouble =
  | 'unreachable'
  | 'key'
  | 'plan'
  | 'no-node'
  | 'no-websocket'
  | 'wrong-network'
  | 'passing';

export interface WireCheck {
  readonly endpoint: string;
  readonly wire: 'http' | 'websocket';
  /** '' when it works. */
  readonly trouble: WireTrouble | '';
  /** A sentence for a person, without secrets; '' when it works. */
  readonly why: string;
  /** Over HTTP, when it said so. */
  readonly genesisHash: string;
}

const NETWORKS: Readonly<Record<string, string>> = {
  '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d': 'mainnet',
  EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG: 'devnet',
  '4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY': 'testnet',
};

/** What people call the chain. */
export function networkName(genesisHash: string): string {
  return NETWORKS[genesisHash] ?? `the chain with genesis ${genesisHash}`;
}

/** What an endpoint would not do, in words for a person. */
export class Refused extends Error {
  readonly trouble: WireTrouble;
  constructor(trouble: WireTrouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}

/** Of whatever a question to an endpoint threw. */
export function troubleOf(
  error: unknown,
  host: string,
  secrets: SecretMask,
): { readonly trouble: WireTrouble; readonly why: string } {
  if (error instanceof Refused) return { trouble: error.trouble, why: error.message };
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code, name } = (cause ?? {}) as { readonly code?: unknown; readonly name?: unknown };
  // A DOMException's code is a number of old.
  const said = typeof code === 'string' ? code : String(name);
  const spoken = errorText(cause);
  const silent = said === 'TimeoutError' || said.includes('TIMEOUT');
  const text = silent
    ? 'it does not answer'
    : sentenceOf(spoken.includes(said) ? spoken : `${said} ${spoken}`, secrets);
  return { trouble: 'unreachable', why: `cannot reach ${host}: ${text}` };
}

export function troubleOfKind(kind: RefusalKind): WireTrouble {
  if (kind === 'key' || kind === 'plan') return kind;
  if (kind === 'gone' || kind === 'request') return 'no-node';
  return passesSoon(kind) || kind === 'size' || kind === 'not-here' ? 'passing' : 'no-node';
}

export function sentenceOfKind(kind: RefusalKind): string {
  switch (kind) {
    case 'key':
      return 'does not take our key';
    case 'plan':
      return 'says that the plan does not hold this';
    case 'gone':
    case 'request':
      return 'is no Solana node at this address';
    default:
      return 'refuses for now';
  }
}
