import { refusalKind as kindOf } from '../../http/refusal.ts';

/**
 * What a refused subscription says of the endpoint. `rate`: too many at once, the same will pass later. `plan`: this
 * connection or this key carries no more. `other`: this one subscription, for a reason of its own.
 */
export type RefusalKind = 'rate' | 'plan' | 'other';

const RATE_TEXT = /\brate\b|too many requests|per[ -]?(?:second|minute)|slow down|throttl/i;
/** Words that say how many there may be: a plan's whatever the code, which many providers share with that of a rate. */
const COUNT_TEXT =
  /too many (?:subscriptions|accounts|filters|streams)|(?:subscriptions?|accounts?|filters?|streams?)\b.*\b(?:limit|max(?:imum)?|reached|exceed\w*|allowed)|(?:limit|max(?:imum)?|at most|up to|only)\b.*\b(?:subscriptions?|accounts?|filters?|streams?|allowed)/i;

export function subscriptionRefusal(code: number, text: string): RefusalKind {
  if (RATE_TEXT.test(text)) return 'rate';
  if (COUNT_TEXT.test(text)) return 'plan';
  const kind = kindOf({ code, text });
  if (kind === 'plan' || kind === 'size' || kind === 'key') return 'plan';
  return kind === 'rate' || kind === 'busy' || kind === 'behind' ? 'rate' : 'other';
}
