import { expect, it } from 'vitest';
import { combineSends, type SendOutcome } from './sender.ts';

const sent: SendOutcome = { verdict: 'sent', reason: 'accepted', detail: 'taken', bundleId: undefined };
const unknown: SendOutcome = { verdict: 'unknown', reason: 'timeout', detail: 'no answer' };
const never = (reason: string): SendOutcome => ({ verdict: 'never-accepted', reason, detail: 'refused' });

it('a transaction was never accepted only if no send of it was, or may have been', () => {
  const [first, last] = [never('not-connected'), never('asked-too-often')];
  expect(combineSends([first, first, last])).toBe(last);
  expect(combineSends([first, unknown, last])).toBe(unknown);
  expect(combineSends([unknown, sent, last])).toBe(sent);
  expect(combineSends([first, last, sent])).toBe(sent);
  expect(combineSends([])).toEqual({
    ...{ verdict: 'never-accepted', reason: 'not-sent', detail: 'it was never sent' },
  });
});
