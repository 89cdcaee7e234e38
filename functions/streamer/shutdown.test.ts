import { describe, expect, it } from 'vitest';
import { createLogger } from '../../shared/platform/process/log.ts';
import { createSystemClock } from '../../shared/platform/process/system-clock.ts';
import { createShutdown, unlessStopped } from './shutdown.ts';

function shutdownOf(budgetMs: number) {
  let logged = '';
  const clock = createSystemClock();
  const log = createLogger({ stream: { write: (text: string) => (logged += text) }, clock });
  return { shutdown: createShutdown({ clock, log, budgetMs }), logged: () => logged };
}

const never = (): Promise<void> => new Promise(() => {});

describe('a shutdown', () => {
  it('stops the last started first, once, whatever fails, and says what failed', async () => {
    const { shutdown, logged } = shutdownOf(10_000);
    const order: string[] = [];
    shutdown.add('a', () => void order.push('a'));
    shutdown.add('b', async () => {
      order.push('b');
      throw new Error('b is broken');
    });
    shutdown.add('c', async () => void order.push('c'));
    await Promise.all([shutdown.run(), shutdown.run()]);
    expect(order).toEqual(['c', 'b', 'a']);
    expect(logged()).toMatch(/stop\.failed.*"step":"b".*b is broken/);
  });

  it('leaves behind what does not end, says so, and keeps the time that a later step must have', async () => {
    const { shutdown, logged } = shutdownOf(150);
    let had = 0;
    const keep = async (ms: number): Promise<void> => {
      had = ms;
    };
    shutdown.add('store', keep, { mostMs: 1_000, leastMs: 100 });
    for (const name of ['feed', 'server', 'uploads']) shutdown.add(name, never, { mostMs: 1_000 });
    const began = performance.now();
    await shutdown.run();
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(had).toBeGreaterThanOrEqual(100);
    expect(logged().match(/stop\.left-behind/g)).toHaveLength(3);
  });
});

it('what a start waits for is given up as soon as the start is', async () => {
  const stop = new AbortController();
  const waiting = unlessStopped(never(), stop.signal);
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'stopped' });
  await expect(unlessStopped(Promise.resolve(1), stop.signal)).rejects.toMatchObject({ code: 'stopped' });
  expect(await unlessStopped(Promise.resolve(1), undefined)).toBe(1);
});
