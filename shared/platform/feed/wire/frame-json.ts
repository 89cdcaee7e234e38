import { keepLargeLamports, lamportsOf } from '../../rpc/account-payload.ts';
import type { FrameDecoder, FrameKind } from './frame.ts';
import { keepLargeSubscriptions, subscriptionId } from './subscription-id.ts';

type Json = Readonly<Record<string, unknown>>;

/** Reads any frame with `JSON.parse` into `into`, checking every field that is used. Never throws. */
export function readJsonFrame(frame: Buffer, into: FrameDecoder): FrameKind {
  into.subscription = -1;
  let message: unknown;
  try {
    message = JSON.parse(keepLargeSubscriptions(keepLargeLamports(frame.toString('utf8'))));
  } catch {
    return bad(into, 'not JSON');
  }
  if (!isObject(message)) return bad(into, 'not a JSON object');
  if (message.jsonrpc !== '2.0') return bad(into, 'not JSON-RPC 2.0');
  const method = message.method;
  if (method === undefined) return readReply(message, into);
  if (method === 'accountNotification') return readAccount(message, into);
  if (method === 'slotNotification') return readSlot(message, into);
  into.problem = `unasked method ${String(method).slice(0, 64)}`;
  return 'other';
}

function readReply(message: Json, into: FrameDecoder): FrameKind {
  const { id, error, result } = message;
  if (error !== undefined) {
    if (!isObject(error) || !Number.isSafeInteger(error.code) || typeof error.message !== 'string') {
      return bad(into, 'reply error has no code and message');
    }
    // A node that could not read a request answers with a null id: it belongs to no request of ours.
    into.replyId = typeof id === 'number' ? id : -1;
    into.replyErrorCode = error.code as number;
    into.replyError = error.message.slice(0, 256) || 'no message';
    into.replyResult = undefined;
    return 'reply';
  }
  if (typeof id !== 'number' || result === undefined) return bad(into, 'reply has no id and result');
  into.replyId = id;
  into.replyErrorCode = 0;
  into.replyError = '';
  into.replyResult = result;
  return 'reply';
}

function readAccount(message: Json, into: FrameDecoder): FrameKind {
  const result = notificationResult(message, into);
  if (result === undefined) return bad(into, 'params.result or params.subscription is missing');
  const context = result.context;
  if (!isObject(context) || !isSlot(context.slot)) return bad(into, 'context.slot is not a slot');
  const value = result.value;
  into.slot = context.slot;
  if (value === null) {
    into.account = null;
    return 'account';
  }
  if (!isObject(value)) return bad(into, 'value is not an object');
  const { data, owner } = value;
  if (
    !Array.isArray(data) ||
    data.length !== 2 ||
    typeof data[0] !== 'string' ||
    typeof data[1] !== 'string'
  ) {
    return bad(into, 'data is not a pair of strings');
  }
  const lamports = lamportsOf(value.lamports);
  if (lamports === undefined) return bad(into, 'lamports is not an integer');
  if (typeof owner !== 'string') return bad(into, 'owner is not an address');
  const account = into.payloads.decode(data[0], data[1], lamports, owner);
  if (account === undefined) return bad(into, into.payloads.problem);
  into.account = account;
  return 'account';
}

function readSlot(message: Json, into: FrameDecoder): FrameKind {
  const result = notificationResult(message, into);
  if (result === undefined) return bad(into, 'params.result or params.subscription is missing');
  const { slot, parent } = result;
  if (!isSlot(slot) || !isSlot(parent) || parent >= slot)
    return bad(into, 'slot and parent are no two slots');
  into.slot = slot;
  into.parent = parent;
  return 'slot';
}

function notificationResult(message: Json, into: FrameDecoder): Json | undefined {
  const params = message.params;
  const subscription = isObject(params) ? subscriptionId(params.subscription) : undefined;
  if (!isObject(params) || subscription === undefined) return undefined;
  into.subscription = subscription;
  return isObject(params.result) ? params.result : undefined;
}

function bad(into: FrameDecoder, problem: string): FrameKind {
  into.problem = problem;
  return 'bad';
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSlot(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
