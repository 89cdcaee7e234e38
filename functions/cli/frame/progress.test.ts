import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../shared/core/clock.ts';
import { createProgress, elapsedText } from './progress.ts';

function output(isTty: boolean) {
  const written: string[] = [];
  return {
    written,
    isTty,
    columns: 40,
    write: (text: string) => void written.push(text),
    line: (text: string) => void written.push(`${text}\n`),
  };
}

describe('the progress line', () => {
  it('is redrawn in place on a terminal and never wraps', () => {
    const tty = output(true);
    const clock = createManualClock(0);
    let shown = '1 trade';
    const progress = createProgress({ output: tty, clock, describe: () => shown, totalSeconds: 60 });
    clock.advanceMs(12_000);
    shown = 'x'.repeat(100);
    progress.tick();
    progress.stop();
    progress.stop();
    expect(tty.written[0]).toBe('\r\x1b[K0 s of 60 s · 1 trade');
    expect(tty.written[1]).toBe(`\r\x1b[K12 s of 60 s · ${'x'.repeat(23)}…`);
    expect(tty.written[1]?.length).toBeLessThan(40 + 4);
    expect(tty.written.at(-1)).toBe('\n');
    expect(tty.written.filter((text) => text === '\n')).toHaveLength(1);
  });

  it('is a plain line now and then elsewhere, the last state included', async () => {
    const file = output(false);
    const clock = createManualClock(0);
    let trades = 0;
    const describe = () => `${trades} trades`;
    const progress = createProgress({ output: file, clock, describe, plainIntervalMs: 20 });
    expect(file.written).toEqual([]);
    clock.advanceMs(5_000);
    trades = 1;
    while (file.written.length === 0) await wait(5);
    expect(file.written[0]).toBe('5 s · 1 trades\n');
    trades = 2;
    progress.stop();
    expect(file.written.at(-1)).toBe('5 s · 2 trades\n');
    const length = file.written.length;
    await wait(60);
    expect(file.written).toHaveLength(length);
  });

  it('redraws from tick only when it is time, for work that never yields', () => {
    const file = output(false);
    const clock = createManualClock(0);
    let state = 0;
    const progress = createProgress({
      output: file,
      clock,
      describe: () => `${state++}`,
      plainIntervalMs: 1_000,
    });
    for (let step = 0; step < 25; step++) {
      clock.advanceMs(100);
      progress.tick();
    }
    expect(file.written).toEqual(['1 s · 0\n', '2 s · 1\n']);
    progress.stop();
  });

  it('puts notes on lines of their own', () => {
    const tty = output(true);
    const progress = createProgress({ output: tty, clock: createManualClock(0), describe: () => 'busy' });
    progress.note('port 8080 is taken');
    progress.stop();
    expect(tty.written.join('')).toContain('\r\x1b[Kport 8080 is taken\n\r\x1b[K0 s · busy');
  });

  it('says the elapsed time in seconds, then minutes, then hours', () => {
    expect([59, 119, 120, 3_725].map((seconds) => elapsedText(seconds))).toEqual([
      '59 s',
      '119 s',
      '02:00',
      '1:02:05',
    ]);
    expect(elapsedText(5, 3_600)).toBe('5 s of 1:00:00');
  });
});
