import type { Clock } from '../../core/clock.ts';
import type { Sender } from '../../execution/sender.ts';
import type { RpcPool } from '../rpc/pool/rpc-pool.ts';
import { checkSignature, outcomeOf, type RelayTakes, refusalHere } from './before-sending.ts';
import { ownSignature } from './jito-sender.ts';
import { answerOfFault } from './relay-answer.ts';

/**
 * Plain `sendTransaction` by one endpoint of the pool, public and without protection. The node is told to repeat nothing:
 * `resend` does that, so that the transaction is out for no longer than we mean it to be.
 */
export function createRpcSender(params: {
  readonly pool: RpcPool;
  /** Name of the endpoint. */
  readonly endpoint: string;
  readonly takes: RelayTakes;
  readonly clock: Clock;
  /** Whether the node simulates first. What our own preflight has run needs none. */
  readonly nodePreflight: boolean;
}): Sender {
  const { pool, endpoint, takes, clock, nodePreflight } = params;
  return {
    name: `${takes.relay}/${endpoint}`,
    relay: takes.relay,
    async send(bytes, signature, terms) {
      checkSignature(bytes, signature);
      const refused = refusalHere(takes, terms);
      if (refused !== undefined) return refused;
      const deadlineMs = (terms.deadlineMicros - clock.monotonicMicros()) / 1_000;
      if (deadlineMs <= 0) {
        return { verdict: 'never-accepted', reason: 'not-connected', detail: 'no time is left' };
      }
      const encoded = Buffer.from(bytes).toString('base64');
      const settings = {
        encoding: 'base64',
        skipPreflight: !nodePreflight,
        preflightCommitment: 'processed',
        maxRetries: 0,
      };
      try {
        await pool.call(
          'sendTransaction',
          [encoded, settings],
          { kind: 'write', once: true, only: endpoint, priority: 'execution', deadlineMs },
          ({ host }, result) => ownSignature(host, signature, result),
        );
        return { verdict: 'sent', reason: 'accepted', detail: '', bundleId: undefined };
      } catch (thrown) {
        return outcomeOf(answerOfFault('rpc', thrown));
      }
    },
  };
}
