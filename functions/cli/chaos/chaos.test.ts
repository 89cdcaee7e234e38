import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMarket } from '../../../shared/market/market.ts';
import { isQuotable } from '../../../shared/market/pool-entry.ts';
import { createSystemClock } from '../../../shared/platform/process/system-clock.ts';
import type { Opportunity } from '../../../shared/routing/opportunity.ts';
import { createLocalMarket } from '../../../shared/run/local-market.ts';
import { LOCAL_RULES } from '../../../shared/sim/chain/local-rules.ts';
import { answerLocalNames, forgetLocalNames } from '../../../shared/sim/fault-proxy/names.ts';
import type { Output } from '../frame/verb.ts';
import { main } from '../main.ts';
import type { FeedChaosReport } from './chaos-feeds-report.ts';
import type { OutagesReport } from './chaos-outages.ts';
import { createTruth } from './chaos-truth.ts';

beforeAll(answerLocalNames);
afterAll(forgetLocalNames);

async function chaos(...args: readonly string[]) {
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
  const code = await main(['chaos', ...args], {
    stdout: output('stdout'),
    stderr: output('stderr'),
    env: {},
    cwd: '/nowhere',
    clock: createSystemClock(),
    version: '0',
    stopSignal: () => new AbortController().signal,
  });
  return { code, ...written };
}

describe('arb chaos outages', () => {
  test('times the way back of every stream, and ends with 1 when one is late', async () => {
    const { code, stdout } = await chaos(
      'outages',
      '--seeds',
      '2',
      '--outage',
      '1',
      '--seconds',
      '2',
      '--json',
    );
    const report = JSON.parse(stdout) as OutagesReport;
    expect(report).toMatchObject({ ok: true, outages: 2, late: 0, boundMs: 10_000 });
    expect(report.runs.map(({ seconds, rpcLatencyMs }) => [seconds, rpcLatencyMs])).toEqual([
      [1, 0],
      [2, 100],
    ]);
    expect(report.backMs.max).toBeGreaterThan(0);
    expect(code).toBe(0);
  }, 60_000);
});

describe('arb chaos feeds', () => {
  test('ends live after faults and an outage, with nothing decided on stale state', async () => {
    const { code, stdout } = await chaos(
      'feeds',
      '--seeds',
      '1',
      '--seconds',
      '3',
      '--outage',
      '1',
      '--json',
    );
    const report = JSON.parse(stdout) as FeedChaosReport;
    expect(report).toMatchObject({ ok: true, seeds: 1, live: 1, staleDecisions: 0, falseDecisions: 0 });
    expect(report.stateChecks).toBeGreaterThan(3);
    expect(report.runs[0]!.faults.refused).toBeGreaterThanOrEqual(2);
    expect(report.peakRssBytes).toBeGreaterThan(1e7);
    expect(code).toBe(0);
    // Longer than the bounds of the verb itself, so that it is the verb that says what took too long.
  }, 180_000);

  test('refuses to try nothing, and what it cannot break', async () => {
    expect(await chaos('feeds', '--seeds', '0')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--seeds 0') as string,
    });
    expect(await chaos('banks')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('banks') as string,
    });
  });
});

describe('the truth that decisions are held against', () => {
  const world = createLocalMarket('built-in', 3);
  const { bank } = world.world;
  /** The market as the last closed slot left it. */
  const snapshot = () => {
    const slot = bank.slot - 1;
    const market = createMarket({ rules: LOCAL_RULES });
    for (const { venue, address } of world.pools) market.addPool(venue, address);
    for (
      let { watch } = market.takeSubscriptions();
      watch.length > 0;
      { watch } = market.takeSubscriptions()
    ) {
      for (const address of watch) market.apply({ address, slot, account: bank.at(slot).get(address) });
    }
    market.setLive(true);
    market.beginSlot(slot + 1);
    return market;
  };

  test('tells fresh, stale and never-true beliefs apart', () => {
    bank.advanceSlot();
    const market = snapshot();
    const truth = createTruth({ bank, market, window: 2 });
    world.world.step();
    expect(truth.judgePools()).toMatchObject({ verdict: 'fresh' });
    expect(truth.judgePools().pools).toBe(market.pools.filter(isQuotable).length);
    const [entry] = market.pools.filter(({ venue }) => venue.id === 'raydium-cpmm');
    const quote = entry!.venue.quote(entry!.state!, true, 1_000_000n, market.clock!);
    if (!quote.ok) throw new Error(quote.reason);
    const leg = { venue: 'raydium-cpmm', pool: entry!.address, aToB: true, amountIn: 1_000_000n };
    const opportunity = (amountOut: bigint) => ({ legs: [{ ...leg, amountOut }] }) as unknown as Opportunity;
    expect(truth.judge(opportunity(quote.amountOut))).toBe('fresh');
    expect(truth.judge(opportunity(quote.amountOut + 1n))).toBe('false');
    for (let slot = 0; slot < 150 && truth.judge(opportunity(quote.amountOut)) === 'fresh'; slot++)
      world.world.step();
    expect(truth.judge(opportunity(quote.amountOut))).toBe('stale');
    expect(truth.judgePools().verdict).toBe('stale');
    truth.stop();
  });
});
