import type { Sender, SendOutcome } from '../../execution/sender.ts';
import { badAnswer } from '../rpc/rpc-http.ts';
import { checkSignature, outcomeOf, type RelayTakes, refusalHere } from './before-sending.ts';
import { answerOfFault } from './relay-answer.ts';
import { type RelayLine, textResult } from './relay-line.ts';

export interface JitoSenderParams {
  readonly line: RelayLine;
  readonly takes: RelayTakes;
  /**
   * `bundle`: sendBundle. `transaction`: sendTransaction with bundleOnly, which is a bundle of one too and answers with
   * the signature; the bundle's name comes in a header.
   */
  readonly by: 'bundle' | 'transaction';
}

const BUNDLES = '/api/v1/bundles';
const TRANSACTIONS = '/api/v1/transactions?bundleOnly=true';
/** SHA-256 in hex, or base58 as the oldest answers had it. */
export const BUNDLE_ID = /^(?:[0-9a-f]{64}|[1-9A-HJ-NP-Za-km-z]{43,88})$/;

/** A bundle of one transaction to the Jito block engine by JSON-RPC: private, and it lands whole or not at all. */
export function createJitoSender({ line, takes, by }: JitoSenderParams): Sender {
  async function ask(encoded: string, signature: string, deadlineMicros: number): Promise<SendOutcome> {
    const shared = { priority: 'execution', deadlineMicros } as const;
    const bundleId =
      by === 'bundle'
        ? await line.call({
            ...shared,
            method: 'sendBundle',
            path: BUNDLES,
            params: [[encoded], { encoding: 'base64' }],
            check: (result) =>
              bundleIdOf('sendBundle', line.host, textResult('sendBundle', line.host, result)),
          })
        : await line.call({
            ...shared,
            method: 'sendTransaction',
            path: TRANSACTIONS,
            params: [encoded, { encoding: 'base64' }],
            check: (result, answer) => {
              ownSignature(line.host, signature, result);
              const told = answer.header('x-bundle-id');
              return BUNDLE_ID.test(told) ? told : undefined;
            },
          });
    return { verdict: 'sent', reason: 'accepted', detail: '', bundleId };
  }

  return {
    name: line.name,
    relay: takes.relay,
    async send(bytes, signature, terms) {
      checkSignature(bytes, signature);
      const refused = refusalHere(takes, terms);
      if (refused !== undefined) return refused;
      try {
        return await ask(Buffer.from(bytes).toString('base64'), signature, terms.deadlineMicros);
      } catch (thrown) {
        return outcomeOf(answerOfFault('jito', thrown));
      }
    },
  };
}

function bundleIdOf(method: string, host: string, text: string): string {
  if (BUNDLE_ID.test(text)) return text;
  throw badAnswer(method, host, 'result', 'is no bundle id');
}

/** Throws `rpc-bad-answer` where the answer is the signature of another transaction: whatever was taken, it is not known to be ours. */
export function ownSignature(host: string, signature: string, result: unknown): void {
  if (textResult('sendTransaction', host, result) === signature) return;
  throw badAnswer('sendTransaction', host, 'result', 'is a signature that is not ours');
}
