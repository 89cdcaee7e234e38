import type { Sender } from '../../execution/sender.ts';
import { checkSignature, outcomeOf, type RelayTakes, refusalHere } from './before-sending.ts';
import { ownSignature } from './jito-sender.ts';
import { answerOfFault } from './relay-answer.ts';
import type { RelayLine } from './relay-line.ts';

/** Helius Sender: to validators and block engines at once, so neither private nor protected from reverting. */
export function createHeliusSender(params: {
  readonly line: RelayLine;
  readonly takes: RelayTakes;
  /** Only by staked connections: a smaller tip, and fewer ways. */
  readonly swqosOnly: boolean;
}): Sender {
  const { line, takes, swqosOnly } = params;
  return {
    name: line.name,
    relay: takes.relay,
    async send(bytes, signature, terms) {
      checkSignature(bytes, signature);
      const refused = refusalHere(takes, terms);
      if (refused !== undefined) return refused;
      const encoded = Buffer.from(bytes).toString('base64');
      try {
        await line.call({
          method: 'sendTransaction',
          path: swqosOnly ? '/fast?swqos_only=true' : '/fast',
          params: [encoded, { encoding: 'base64', skipPreflight: true, maxRetries: 0 }],
          priority: 'execution',
          deadlineMicros: terms.deadlineMicros,
          check: (result) => ownSignature(line.host, signature, result),
        });
        return { verdict: 'sent', reason: 'accepted', detail: '', bundleId: undefined };
      } catch (thrown) {
        return outcomeOf(answerOfFault('helius-sender', thrown));
      }
    },
  };
}
