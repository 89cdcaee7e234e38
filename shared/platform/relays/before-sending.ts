import bs58 from 'bs58';
import { ArbError } from '../../core/errors.ts';
import type { SendOutcome, SendTerms } from '../../execution/sender.ts';
import type { RelayAnswer } from './relay-answer.ts';
import { verdictOf } from './verdicts.ts';

/** What an answer that is no acceptance comes to. */
export function outcomeOf(answer: RelayAnswer): SendOutcome {
  const { verdict, reason } = verdictOf(answer);
  const detail = answer.text;
  if (verdict === 'sent') {
    return { verdict, reason: reason as 'already-processed' | 'duplicate', detail, bundleId: undefined };
  }
  return { verdict, reason, detail };
}

/** Whose tips a relay counts, and from what on. */
export interface TipRule {
  readonly minimumLamports: bigint;
  /** Asked at each send: the list may have changed. */
  readonly isTipAccount: (address: string) => boolean;
}

/** What a relay takes. */
export interface RelayTakes {
  readonly relay: string;
  /** Undefined where the relay wants no tip. */
  readonly tip: TipRule | undefined;
  readonly takesVersion: (version: SendTerms['version']) => boolean;
}

/** Why this relay must not be given the transaction; undefined when it may. Nothing has been sent then. */
export function refusalHere(takes: RelayTakes, terms: SendTerms): SendOutcome | undefined {
  const { relay, tip } = takes;
  const no = (reason: string, detail: string): SendOutcome => ({ verdict: 'never-accepted', reason, detail });
  if (!takes.takesVersion(terms.version)) {
    return no('version-not-taken', `${relay} is not known to take transactions of version ${terms.version}`);
  }
  if (tip === undefined) return undefined;
  const { tipAccount, tipLamports } = terms;
  if (tipAccount === undefined) return no('no-tip', `${relay} wants a tip, and the transaction pays none`);
  if (!tip.isTipAccount(tipAccount)) {
    return no('foreign-tip-account', `${tipAccount} is no tip account of ${relay}`);
  }
  if (tipLamports < tip.minimumLamports) {
    const least = `${tip.minimumLamports} lamports`;
    return no(
      'tip-too-low',
      `${relay} wants a tip of at least ${least}, and the transaction pays ${tipLamports}`,
    );
  }
  return undefined;
}

/** Throws `send-foreign-signature` where the signature is none, or not in these bytes: whoever tracks it would look in vain. */
export function checkSignature(bytes: Uint8Array, signature: string): void {
  const raw = bs58.decodeUnsafe(signature);
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (raw?.length === 64 && whole.includes(Buffer.from(raw))) return;
  throw new ArbError('send-foreign-signature', `the transaction to send is not signed by ${signature}`, {
    signature,
  });
}
