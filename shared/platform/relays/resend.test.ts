import { describe, expect, it } from 'vitest';
import type { Sender, SendOutcome } from '../../execution/sender.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { type ResendPlan, resend } from './resend.ts';
import { testTransaction } from './test-wire.ts';

const OURS = testTransaction(3);
const clock = createSystemClock();
const TAKEN: SendOutcome = { verdict: 'sent', reason: 'accepted', detail: '', bundleId: undefined };
const NEVER: SendOutcome = { verdict: 'never-accepted', reason: 'asked-too-often', detail: '' };
const UNKNOWN: SendOutcome = { verdict: 'unknown', reason: 'no-answer', detail: '' };

/** Answers in turn, the last of them again and again. */
function scripted(...answers: (() => Promise<SendOutcome>)[]) {
  const seen: string[] = [];
  const sender: Sender = {
    name: 'test/a',
    relay: 'test',
    send(_, signature) {
      seen.push(signature);
      return (answers[seen.length - 1] ?? answers.at(-1)!)();
    },
  };
  return { sender, seen };
}

function plan(changed: Partial<ResendPlan> = {}): ResendPlan {
  const deadlineMicros = clock.monotonicMicros() + 5_000_000;
  return {
    ...OURS,
    terms: { deadlineMicros, version: 0, tipLamports: 0n, tipAccount: undefined },
    everyMs: () => 1,
    most: 4,
    clock,
    over: new AbortController().signal,
    ...changed,
  };
}

describe('sending again', () => {
  it('sends the same signature as often as it may, and no more', async () => {
    const { sender, seen } = scripted(async () => TAKEN);
    expect(await resend(sender, plan())).toEqual({ outcome: TAKEN, sends: 4 });
    expect(seen).toEqual(Array(4).fill(OURS.signature));
  });

  it('does not wait for an answer that does not come', async () => {
    let late = (_: SendOutcome): void => {};
    const { sender, seen } = scripted(
      () => new Promise((resolve) => (late = resolve)),
      async () => {
        if (seen.length === 4) late(UNKNOWN);
        return NEVER;
      },
    );
    expect(await resend(sender, plan())).toMatchObject({ outcome: UNKNOWN, sends: 4 });
  });

  it('counts one send that may have been taken for more than all that were not', async () => {
    const { sender } = scripted(
      async () => NEVER,
      async () => UNKNOWN,
      async () => NEVER,
    );
    expect((await resend(sender, plan())).outcome).toBe(UNKNOWN);
    const none = scripted(async () => NEVER);
    expect((await resend(none.sender, plan())).outcome).toBe(NEVER);
  });

  it('ends with an answer that will not change, not with one that may', async () => {
    const done: SendOutcome = {
      verdict: 'sent',
      reason: 'already-processed',
      detail: '',
      bundleId: undefined,
    };
    const { sender } = scripted(
      async () => NEVER,
      async () => done,
    );
    expect(await resend(sender, plan({ most: 50, everyMs: () => 20 }))).toEqual({ outcome: done, sends: 2 });
  });

  it('ends when its end is known, at once', async () => {
    const over = new AbortController();
    const { sender } = scripted(async () => {
      over.abort();
      return TAKEN;
    });
    const run = resend(sender, plan({ over: over.signal, everyMs: () => 60_000 }));
    expect(await run).toMatchObject({ sends: 1 });
    expect(await resend(sender, plan({ over: over.signal }))).toMatchObject({
      sends: 0,
      outcome: { verdict: 'never-accepted', reason: 'not-sent' },
    });
  });

  it('sends nothing after its deadline', async () => {
    const { sender } = scripted(async () => TAKEN);
    const terms = { ...plan().terms, deadlineMicros: clock.monotonicMicros() };
    expect(await resend(sender, plan({ terms }))).toMatchObject({ sends: 0 });
  });

  it('ends with the fault of a sender, and leaves no rejection behind', async () => {
    const { sender } = scripted(async () => {
      throw new Error('broken');
    });
    await expect(resend(sender, plan({ everyMs: () => 60_000 }))).rejects.toThrow('broken');
  });
});
