import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../../../shared/core/address.ts';
import { createSystemClock } from '../../../shared/platform/process/system-clock.ts';
import { createLocalMarket } from '../../../shared/run/local-market.ts';
import { type LocalApis, startLocalApis } from '../../streamer/local/local-apis.ts';
import type { Output } from '../frame/verb.ts';
import { main } from '../main.ts';

const PAIR = ['--mint-in', WSOL_MINT, '--mint-out', USDC_MINT, '--amount', '10000000000'];

let apis: LocalApis;
/** Passes requests on and makes every answer pay a percent more. */
let generous: Server;

beforeAll(async () => {
  const { world, pools } = createLocalMarket('built-in', 1);
  world.bank.advanceSlot();
  const named = pools.map(({ venue, address }) => ({ venue: venue.id, address }));
  apis = await startLocalApis({ bank: world.bank, pools: named });
  generous = createServer(async (request, response) => {
    const passed = await fetch(`${apis.jupiterUrl}${request.url}`);
    const answer = (await passed.json()) as { outAmount: string; otherAmountThreshold: string };
    const more = (text: string): string => String((BigInt(text) * 101n) / 100n);
    const { outAmount, otherAmountThreshold } = answer;
    const raised = { outAmount: more(outAmount), otherAmountThreshold: more(otherAmountThreshold) };
    response.end(JSON.stringify({ ...answer, ...raised }));
  });
  await new Promise<void>((resolve) => generous.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  generous.closeAllConnections();
  generous.close();
  await apis.stop();
});

async function compare(...args: readonly string[]) {
  const written = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr'): Output => ({
    isTty: false,
    columns: 80,
    write: (text) => {
      written[name] += text;
    },
    line: (text) => {
      written[name] += `${text}\n`;
    },
  });
  const code = await main(['compare', ...args], {
    stdout: output('stdout'),
    stderr: output('stderr'),
    env: {},
    cwd: '/',
    clock: createSystemClock(),
    version: '0',
    stopSignal: () => new AbortController().signal,
  });
  return { code, ...written };
}

describe('arb compare', () => {
  test('finds no deviation from a Jupiter on the same pools, and exits 0', async () => {
    const { code, stdout } = await compare(...PAIR, '--jupiter-url', apis.jupiterUrl, '--json');
    const answer = JSON.parse(stdout);
    expect(answer).toMatchObject({ amountIn: '10000000000', deviationBps: 0 });
    expect(answer.own.amountOut).toBe(answer.jupiter.amountOut);
    expect(BigInt(answer.own.amountOut)).toBeGreaterThan(0n);
    expect(code).toBe(0);
  });

  test('tells how much less ours is, and exits 1 past the alarm', async () => {
    const url = `http://127.0.0.1:${(generous.address() as AddressInfo).port}`;
    const { code, stdout } = await compare(...PAIR, '--jupiter-url', url);
    expect(stdout).toMatch(/deviation -99\.\d\d bps \(alarm past 50\)/);
    expect(code).toBe(1);
    const allowed = await compare(...PAIR, '--jupiter-url', url, '--jupiter-alarm-bps', '100');
    expect(allowed.code).toBe(0);
  });

  test('says why Jupiter gave nothing, and exits 1', async () => {
    const { code, stdout } = await compare(...PAIR, '--jupiter-url', 'http://127.0.0.1:2/');
    expect(stdout).toMatch(/Jupiter {2}refused, unreachable: 127\.0\.0\.1:2 is unreachable/);
    expect(code).toBe(1);
  });

  test.each([
    [['--mint-in', 'SOL', '--mint-out', USDC_MINT, '--amount', '1'], /--mint-in SOL is not a mint address/],
    [['--mint-in', USDC_MINT, '--mint-out', USDC_MINT, '--amount', '1'], /are both/],
    [['--mint-in', WSOL_MINT, '--mint-out', USDC_MINT, '--amount', '0'], /--amount must be more than 0/],
    [['--mint-in', WSOL_MINT, '--mint-out', USDC_MINT], /needs --amount/],
  ])('refuses %j with the flag and its value', async (args, message) => {
    const { code, stderr } = await compare(...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});
