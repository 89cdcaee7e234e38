import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../core/clock.ts';
import { ArbError } from '../../core/errors.ts';
import { createLogger, type LogFields, type Logger, type LoggerOptions } from './log.ts';

function logged(
  write: (log: Logger) => void,
  options: Partial<LoggerOptions> = {},
): Record<string, unknown>[] {
  const lines: string[] = [];
  const stream = { write: (text: string) => lines.push(text) };
  write(createLogger({ stream, clock: createManualClock(1_700_000_000_000), ...options }));
  return lines.map((line) => {
    expect(line.endsWith('\n') && line.indexOf('\n') === line.length - 1).toBe(true);
    return JSON.parse(line) as Record<string, unknown>;
  });
}

describe('the log', () => {
  it('writes one JSON line an event with severity, name and time first', () => {
    const [line] = logged((log) => log.info('bundle.submitted', { slot: 5, routeId: 'a' }));
    expect(Object.entries(line ?? {})).toEqual([
      ['severity', 'INFO'],
      ['event', 'bundle.submitted'],
      ['time', '2023-11-14T22:13:20.000Z'],
      ['slot', 5],
      ['routeId', 'a'],
    ]);
  });

  it('uses the severity names of Cloud Logging and leaves weaker ones out', () => {
    const all = (log: Logger): void => {
      for (const name of ['debug', 'info', 'notice', 'warning', 'error', 'critical'] as const) log[name]('e');
    };
    const severities = (options: Partial<LoggerOptions>) => logged(all, options).map((line) => line.severity);
    expect(severities({})).toEqual(['DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'CRITICAL']);
    expect(severities({ minSeverity: 'WARNING' })).toEqual(['WARNING', 'ERROR', 'CRITICAL']);
  });

  it('writes bigints, bytes, dates, maps, sets and numbers that JSON lacks', () => {
    const fields = {
      amount: 2n ** 80n,
      bytes: new Uint8Array(3),
      at: new Date(0),
      counts: new Map([['a', 1n]]),
      set: new Set([1]),
      odd: Number.NaN,
    };
    const [line] = logged((log) => log.info('e', fields));
    expect(line).toMatchObject({
      amount: '1208925819614629174706176',
      bytes: '[3 bytes]',
      at: '1970-01-01T00:00:00.000Z',
      counts: { a: '1' },
      set: [1],
      odd: 'NaN',
    });
  });

  it('writes errors with code, context and cause', () => {
    const error = new ArbError('store-full', 'full', { slot: 5n }, new Error('disk'));
    const [line] = logged((log) => log.error('store.failed', { error }));
    expect(line?.error).toMatchObject({
      name: 'ArbError',
      code: 'store-full',
      message: 'full',
      context: { slot: '5' },
      stack: expect.stringContaining('log.test.ts'),
      cause: { name: 'Error', message: 'disk' },
    });
  });

  it('never writes a secret', () => {
    const fields = {
      apiKey: 'S3CRET',
      'x-api-key': 'S3CRET',
      wallet: { secretKey: [83, 51], PRIVATE_KEY: 'S3CRET', nested: { Authorization: 'Bearer S3CRET' } },
      headers: new Map([['authorization', 'S3CRET']]),
      url: 'https://rpc.example/?api-key=S3CRET',
      error: new Error('cannot reach wss://user:S3CRET@rpc.example/'),
    };
    const [line] = logged((log) => log.with({ password: 'S3CRET' }).warning('e', fields));
    expect(JSON.stringify(line)).not.toMatch(/S3CRET|\[83,51\]/);
    expect(line).toMatchObject({ apiKey: '****', wallet: { secretKey: '****' } });
  });

  it('does not take mints and token accounts for secrets', () => {
    const [line] = logged((log) => log.info('e', { tokenProgram: 'a', tokenA: 'b', mint: 'c' }));
    expect(line).toMatchObject({ tokenProgram: 'a', tokenA: 'b', mint: 'c' });
  });

  it('keeps its own fields when an event brings the same names', () => {
    const [line] = logged((log) => log.with({ runId: 'r' }).info('real', { event: 'fake', severity: 'x' }));
    expect(line).toMatchObject({
      event: 'real',
      severity: 'INFO',
      runId: 'r',
      event_: 'fake',
      severity_: 'x',
    });
  });

  it('never throws, whatever the fields are', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    logged((log) =>
      log.info('e', {
        circle,
        call: () => 1,
        symbol: Symbol('s'),
        no: undefined,
        when: new Date(Number.NaN),
      }),
    );
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.anything({ withBigInt: true, withMap: true, withSet: true })),
        (fields) => {
          expect(logged((log) => log.info('e', fields as LogFields))).toHaveLength(1);
        },
      ),
    );
  });
});
