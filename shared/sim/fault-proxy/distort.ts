import type { Random } from '../../core/random.ts';

/** How far back a lying endpoint dates what it says. */
const STALE_BY_SLOTS = 400;

/** The same text with slots of a while ago. */
export function withStaleSlots(json: string): string {
  return json.replace(
    /"slot":(\d+)/g,
    (_all, slot: string) => `"slot":${Math.max(0, Number(slot) - STALE_BY_SLOTS)}`,
  );
}

/** The same text with one byte of every account's data changed: still base64, still the right length. */
export function withWrongBytes(json: string, random: Random): string {
  return json.replace(/"data":\["([A-Za-z0-9+/]{8,})/g, (all, data: string) => {
    const at = random.below(data.length);
    const letter = data[at] === 'A' ? 'B' : 'A';
    const from = all.length - data.length + at;
    return `${all.slice(0, from)}${letter}${all.slice(from + 1)}`;
  });
}

/** Text that a node would never send: cut short, or with a character that JSON does not know. */
export function corrupted(json: string, random: Random): string {
  const at = 1 + random.below(Math.max(1, json.length - 1));
  return random.below(2) === 0 ? json.slice(0, at) : `${json.slice(0, at)}\u0001${json.slice(at + 1)}`;
}

/** True for what a subscription tells, false for the reply to a request. */
export function isNotification(json: string): boolean {
  return json.includes('Notification"');
}
