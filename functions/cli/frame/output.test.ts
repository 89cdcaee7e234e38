import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CLEAR_LINE, streamOutput, visible } from './output.ts';

const ARB = fileURLToPath(new URL('../arb.ts', import.meta.url));

function terminal() {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const output = streamOutput(Object.assign(stream, { isTTY: true }) as unknown as NodeJS.WriteStream);
  return { output, text: () => text };
}

/** Clears the screen, sets the title, goes up a line, turns the writing round, rings: by C0, by C1 and by return. */
const HOSTILE = ['\x1b[2J', '\x1b]0;pwned\x07', '\x1b[1A', '\x9b31m', '\u202Etxt', '\x7f', 'a\rb', '\x08'];

describe('an output that cannot be written', () => {
  const failing = (code: string) => {
    let tries = 0;
    const stream = new Writable({
      write(_chunk, _encoding, done) {
        tries += 1;
        done(Object.assign(new Error(`${code}: no`), { code }));
      },
      autoDestroy: false,
    });
    const lost: string[] = [];
    const output = streamOutput(stream as unknown as NodeJS.WriteStream, ({ message }) => lost.push(message));
    return { output, lost, tries: () => tries };
  };

  it.each(['EPIPE', 'EIO', 'ECONNRESET'])('because its reader is gone (%s) ends in silence', async (code) => {
    const { output, lost, tries } = failing(code);
    output.line('one');
    await new Promise((resolve) => setImmediate(resolve));
    output.line('two');
    expect([tries(), lost]).toEqual([1, []]);
  });

  it('because the disk is full is told, and does not end the program', async () => {
    const { output, lost } = failing('ENOSPC');
    output.line('one');
    await new Promise((resolve) => setImmediate(resolve));
    expect(lost).toEqual(['ENOSPC: no']);
  });

  it.skipIf(process.platform !== 'linux')(
    'gives exit code 3 and a line, not a stack',
    () => {
      const full = openSync('/dev/full', 'w');
      const arb = (args: string[], stdio: (number | 'pipe')[]) =>
        spawnSync(process.execPath, [ARB, ...args], { stdio, encoding: 'utf8', timeout: 60_000 });
      const { status, stderr } = arb(['config'], [full, full, 'pipe']);
      expect([status, stderr]).toEqual([
        3,
        expect.stringMatching(/^arb: the output could not be written: ENOSPC.*\n$/),
      ]);
      // What goes wrong is known by its code where the log cannot be written.
      expect(arb(['config', '--bad'], [full, 'pipe', full]).status).toBe(2);
      closeSync(full);
    },
    130_000,
  );
});

describe('what is written to a terminal', () => {
  it.each(HOSTILE)('does not steer it: %j', (name) => {
    const { output, text } = terminal();
    output.line(`pool ${name}`);
    output.write(`log ${name}\n`);
    expect(text()).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
    expect(text().split('\n')).toHaveLength(3);
  });

  it('keeps words of every language, tabs, line breaks and JSON as they are', () => {
    const plain = 'α → 金\tü\n  second line';
    expect(visible(plain, true)).toBe(plain);
    for (const value of HOSTILE) {
      const json = JSON.stringify({ value });
      expect(JSON.parse(visible(json, true))).toEqual({ value });
    }
  });

  it('puts a line of its own where the progress line stands, never behind it', () => {
    const { output, text } = terminal();
    output.write(`${CLEAR_LINE}12 s · 3 trades`);
    output.write('{"event":"feed.up"}\n');
    output.line('dashboard: http://127.0.0.1:8080/');
    output.write(`${CLEAR_LINE}13 s · 3 trades`);
    output.line('stopping');
    expect(text()).toBe(
      `${CLEAR_LINE}12 s · 3 trades${CLEAR_LINE}{"event":"feed.up"}\ndashboard: http://127.0.0.1:8080/\n` +
        `${CLEAR_LINE}13 s · 3 trades${CLEAR_LINE}stopping\n`,
    );
  });
});
