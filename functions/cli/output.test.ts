import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { CLEAR_LINE, streamOutput, visible } from './output.ts';

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
