import {
  keepLargeSubscriptions,
  type SubscriptionId,
  subscriptionId,
} from '../../feed/wire/subscription-id.ts';
import { isSignature } from '../../rpc/rpc-history.ts';

/** What a frame of a connection with log subscriptions says. */
export type LogsFrame =
  | {
      readonly kind: 'logs';
      readonly subscription: SubscriptionId;
      readonly signature: string;
      readonly slot: number;
      readonly failed: boolean;
    }
  | { readonly kind: 'subscribed'; readonly id: number; readonly subscription: SubscriptionId }
  | { readonly kind: 'refused'; readonly id: number; readonly code: number; readonly reason: string }
  | { readonly kind: 'slot' }
  | { readonly kind: 'other' }
  | { readonly kind: 'bad'; readonly problem: string };

type Body = Readonly<Record<string, unknown>>;

const isBody = (value: unknown): value is Body => typeof value === 'object' && value !== null;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Reads one frame, checked field by field. Never throws. */
export function readLogsFrame(frame: Buffer): LogsFrame {
  let body: unknown;
  try {
    body = JSON.parse(keepLargeSubscriptions(frame.toString('utf8')));
  } catch {
    return { kind: 'bad', problem: 'no JSON' };
  }
  if (!isBody(body)) return { kind: 'bad', problem: 'no object' };
  if (isCount(body.id)) return answer(body.id, body);
  if (body.method === 'slotNotification') return { kind: 'slot' };
  if (body.method !== 'logsNotification') return { kind: 'other' };
  const params = isBody(body.params) ? body.params : {};
  const result = isBody(params.result) ? params.result : {};
  const context = isBody(result.context) ? result.context : {};
  const value = isBody(result.value) ? result.value : {};
  const subscription = subscriptionId(params.subscription);
  const { slot } = context;
  const { signature, err } = value;
  if (subscription === undefined || !isCount(slot) || !isSignature(signature) || err === undefined) {
    return { kind: 'bad', problem: 'a logs notification without subscription, slot, signature or err' };
  }
  return { kind: 'logs', subscription, signature, slot, failed: err !== null };
}

function answer(id: number, body: Body): LogsFrame {
  if (isBody(body.error)) {
    const { code, message } = body.error;
    return {
      kind: 'refused',
      id,
      code: typeof code === 'number' ? code : 0,
      reason: String(message).slice(0, 200),
    };
  }
  // An unsubscription is answered with true.
  const subscription = subscriptionId(body.result);
  return subscription === undefined ? { kind: 'other' } : { kind: 'subscribed', id, subscription };
}
