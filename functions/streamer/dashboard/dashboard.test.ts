import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RunningServer, startServer } from '../server/server.ts';
import { createSampleSource, type SampleSource } from './sample/sample-source.ts';

/** Run inside the page, where there is a document. */
interface Checks {
  setFont(family: string): void;
  places(): string[];
  tooWide(): string[];
  unnamedControls(): string[];
  faintTexts(): string[];
}

/** Run inside the page: resolves once what was changed before is laid out and painted. */
const nextPaint = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))';
/** A busy machine takes its time; what is waited for is a condition, so an idle one does not. */
const PATIENCE_MS = 60_000;
vi.setConfig({ testTimeout: 2 * PATIENCE_MS, hookTimeout: PATIENCE_MS });

function poll<T>(read: () => Promise<T>) {
  return expect.poll(read, { timeout: PATIENCE_MS });
}

const checks = (await import(String(new URL('./sample/page-checks.js', import.meta.url)))) as Checks;
const executablePath = findChromium();
const required = process.env.ARB_REQUIRE_CHROMIUM === '1';
if (executablePath === undefined && !required) {
  console.warn('skipped: dashboard tests need Chromium (install it, or name it in CHROMIUM_PATH)');
}

function findChromium(): string | undefined {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && named !== '') return existsSync(named) ? named : undefined;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    } catch {
      // Not under this name.
    }
  }
  return undefined;
}

describe.skipIf(executablePath === undefined && !required)('the dashboard in Chromium', () => {
  let browser: Browser;
  const closers: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    if (executablePath === undefined) throw new Error('ARB_REQUIRE_CHROMIUM=1 but no Chromium was found');
    browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  });

  afterAll(async () => {
    await browser?.close();
  });

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  function start(source: SampleSource, port = 0): Promise<RunningServer> {
    return startServer({
      port,
      source,
      metricsText: async () => '',
      health: () => ({ ok: true, message: 'alive' }),
      ready: () => ({ ok: true, message: 'ready' }),
      onError: (where, error) => {
        throw new Error(where, { cause: error });
      },
    });
  }

  /** A page that shows a run of ten minutes, and everything its console complained about. */
  async function open(options: BrowserContextOptions = {}, source = createSampleSource()) {
    source.advanceMs(600_000);
    const server = await start(source);
    closers.push(() => server.close());
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    closers.push(() => context.close());
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    const foreign: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url)) foreign.push(request.url());
    });
    await page.goto(server.url);
    await page.locator('#status[data-status="running"]').waitFor();
    return { page, server, source, complaints, foreign };
  }

  const text = async (page: Page, selector: string): Promise<string> =>
    ((await page.locator(selector).first().textContent()) ?? '').replace(/\u00a0/g, ' ');

  test('shows the run, asks nobody else for anything and has nothing to complain about', async () => {
    const { page, source, complaints, foreign } = await open();
    const state = source.state();
    expect(await text(page, '#mode')).toBe('PAPER');
    expect(await text(page, '#market')).toBe('built-in');
    expect(await text(page, '#version')).toBe(state.version);
    expect(await text(page, '#kpi-net')).toMatch(/^[+−]0\.\d{9} SOL$/);
    expect(await page.locator('#trades > tr').count()).toBe(state.trades.length);
    expect(await page.locator('#venues > tr').count()).toBe(4);
    expect(await page.locator('#skipped > tr').count()).toBe(3);
    expect(await page.locator('#latency > tr canvas').count()).toBe(5);
    expect(await text(page, '#refusals > li')).toContain('Even the smallest amount');
    expect(await page.locator('#pnl-plot canvas').count()).toBe(1);
    expect(await page.locator('#pnl-plot').getAttribute('aria-label')).toMatch(/now [+−]0\.\d{6} SOL/);
    // Two more events have been taken when the slot has moved twice.
    for (const slot of [777, 778]) {
      source.set({ slot });
      await poll(() => text(page, '#kpi-slot')).toBe(String(slot));
    }
    expect([complaints, foreign]).toEqual([[], []]);
  });

  test('trades show as they arrive, exact to the last unit, and only their own cells change', async () => {
    const { page, source } = await open();
    await page.evaluate("document.querySelector('#trades > tr').setAttribute('data-before', 'first')");
    const trade = source.trade({
      status: 'filled',
      start: { mint: 'So11111111111111111111111111111111111111112', symbol: 'SOL', decimals: 9 },
      route: 'SOL → USDC → SOL',
      amountIn: '9007199254740993123456789',
      netLamports: '1000000007',
    });
    const newest = page.locator('#trades > tr').first();
    await poll(() => newest.locator('.c-net .strong').textContent()).toBe('+1.000000007');
    expect(await newest.locator('.c-in, td.w-md').first().textContent()).toBe(
      '9,007,199,254,740,993.123456789\u00a0SOL',
    );
    expect(await newest.locator('.route').textContent()).toBe(trade.route);
    expect(await page.locator('#trades > tr').nth(1).getAttribute('data-before')).toBe('first');
  });

  test('an order book shows by levels or by orders, with its fills, and goes away where there is none', async () => {
    const { page, source } = await open();
    const [book] = source.state().books;
    expect(await page.locator('#bids > tr').count()).toBe(book!.bids.length);
    expect(await page.locator('#asks > tr').count()).toBe(book!.asks.length);
    expect(await page.locator('#fills > tr').count()).toBe(book!.fills.length);
    expect(await text(page, '#bids > tr')).toMatch(/^2\d+(\.\d{1,4})?142\.3400$/);
    await page.click('#book-orders');
    expect(await page.locator('#bids > tr').count()).toBe(book!.bidOrders.length);
    expect(await text(page, '#bid-who')).toBe('Maker');
    expect(await text(page, '#bids > tr')).toMatch(/^Make…rDmQ/);
    expect(await page.locator('#bids .who').first().getAttribute('title')).toContain('until slot 312009000');
    source.set({ books: [{ ...book!, bids: [], bidOrders: [] }] });
    await page.locator('#bids-empty').waitFor();
    source.set({ books: [] });
    await page.locator('#books-panel').waitFor({ state: 'hidden' });
  });

  test('endpoints, waits and costs of APIs show with exact dollars', async () => {
    const { page, source } = await open();
    const { endpoints, waits } = source.state().apis;
    expect(await page.locator('#endpoints > tr').count()).toBe(endpoints.length);
    expect(await text(page, '#endpoints-note')).toBe('1 of 2 down');
    expect(await page.locator('#waits > tr').count()).toBe(waits.length);
    expect(await text(page, '#waits-note')).toBe('3 wait · 41 gave way');
    const usage = { requests: 7, throttled: 1, credits: 60, costNanoUsd: '9007199254740993123456' };
    source.set({
      apis: { endpoints, waits, spending: [{ provider: 'helius', total: usage, lastHour: usage }] },
    });
    const cost = page.locator('#spending td').nth(3);
    await poll(() => cost.textContent()).toBe('$9,007,199,254,740.9931');
    expect(await cost.getAttribute('title')).toBe('$9,007,199,254,740.993123456');
  });

  test('quotes stand beside Jupiter’s with what they deviate by, an alarm stands out, and each gives its reason', async () => {
    const { page, source } = await open();
    const { outside } = source.state();
    const rows = page.locator('#compare > tr');
    expect(await rows.count()).toBe(2);
    expect(await text(page, '#compare > tr:nth-child(1)')).toMatch(
      /^10 SOLfor USDC1,423\.295317Orca Whirlpool1,423\.310220Meteora DLMM−0\.10 bps\d\d:\d\d:\d\d$/,
    );
    const tag = (row: number) => rows.nth(row).locator('.tag');
    expect(await tag(0).getAttribute('data-tag')).toBe('live');
    expect(await tag(1).getAttribute('data-tag')).toBe('down');
    expect(await tag(1).textContent()).toBe('−67.54 bps');
    expect(await text(page, '#compare-note')).toBe(`${outside.totals.compared} compared · 1 past 50 bps`);
    expect(await page.locator('#compare-note').getAttribute('data-bad')).toBe('true');

    const [first] = outside.comparisons;
    const missing = { ...first!, ownOut: null, ownRoute: 'no-route', deviationBps: null };
    source.set({
      outside: { ...outside, comparisons: [missing], totals: { compared: 8, missed: 1, alarms: 0 } },
    });
    await poll(() => rows.count()).toBe(1);
    expect(await text(page, '#compare > tr')).toMatch(/^10 SOLfor USDC–no route1,423\.310220/);
    expect(await tag(0).textContent()).toBe('–');
    await poll(() => text(page, '#compare-note')).toBe('8 compared · no alarm');
    source.set({ outside: { ...outside, compares: false, comparisons: [] } });
    await poll(() => text(page, '#compare-empty')).toBe('No Jupiter is configured (jupiter.url).');
    expect(await page.locator('#compare-empty').isVisible()).toBe(true);
  });

  test('a dependency that is down says what is off because of it, and stops saying so when it is back', async () => {
    const { page, source } = await open();
    const { outside } = source.state();
    const rows = page.locator('#depends > li');
    expect(await rows.locator('.bar-title').allTextContents()).toEqual([
      'Each endpoint',
      'WebSockets',
      'RPC',
      'Jupiter',
      'Helius',
      'Store',
    ]);
    expect(await rows.locator('.tag').allTextContents()).toEqual(['Up', 'Up', 'Up', 'Up', 'Down', 'Up']);
    const helius = rows.nth(4).locator('.bar-why');
    expect(await helius.textContent()).toBe(
      'the API says 429. Off: estimated priority fees, reading what a transaction did. ' +
        'Goes on: trading, at the configured priority fee once the last estimate is too old.',
    );
    expect(await rows.nth(0).locator('.bar-why').isHidden()).toBe(true);
    expect(await text(page, '#depends-note')).toBe('1 down');
    expect(await text(page, '#fee')).toBe('Priority fee of a swap: 0.00002 SOL, as configured');

    const fee = { source: 'helius', lamportsPerLeg: '31000', microLamportsPerUnit: '258334' } as const;
    const states = { endpoint: 'unused', helius: 'up' } as Readonly<Record<string, 'unused' | 'up'>>;
    const dependencies = outside.dependencies.map((one) => ({ ...one, state: states[one.id] ?? one.state }));
    source.set({ outside: { ...outside, dependencies, fee } });
    await poll(() => text(page, '#depends-note')).toBe('nothing is down');
    expect(await rows.locator('.tag').allTextContents()).toEqual(['Up', 'Up', 'Up', 'Up', 'Up']);
    expect(await page.locator('#depends .bar-why:visible').count()).toBe(0);
    expect(await text(page, '#fee')).toBe('Priority fee of a swap: 0.000031 SOL, estimated by Helius');
  });

  test('a split hop is one hop with its shares', async () => {
    const source = createSampleSource();
    const { page } = await open({}, source);
    const split = [
      { venue: 'raydium-cpmm', percent: 72 },
      { venue: 'meteora-dlmm', percent: 28 },
    ];
    source.trade({ route: 'SOL → USDC → SOL', hops: [[{ venue: 'phoenix-v1', percent: 100 }], split] });
    await poll(() => text(page, '#trades .route')).toBe('SOL → USDC → SOL');
    expect(await text(page, '#trades .c-route .legs')).toBe(
      'Phoenix V1 · Raydium CPMM 72 % + Meteora DLMM 28 %',
    );
  });

  test('text from the market is never markup', async () => {
    const source = createSampleSource();
    const evil = '<img src=x onerror="document.title=1">';
    source.set({ statusReason: evil, market: evil, refusals: [{ reason: evil, count: 1 }] });
    const { page, complaints } = await open({}, source);
    source.trade({
      route: evil,
      start: { mint: evil, symbol: evil, decimals: 6 },
      hops: [[{ venue: evil, percent: 100 }]],
      reason: evil,
    });
    await poll(() => text(page, '#trades .route')).toBe(evil);
    expect(await text(page, '#status-reason')).toBe(evil);
    expect(await page.locator('img:not(.logo)').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('pausing asks first, and only a yes reaches control', async () => {
    const { page, source } = await open();
    await page.click('#pause');
    expect(await page.locator('#confirm[open] h2').textContent()).toBe('Pause trading?');
    expect(await page.evaluate('document.activeElement.id')).toBe('confirm-cancel');
    await page.keyboard.press('Escape');
    await page.click('#pause');
    await page.click('#confirm-cancel');
    expect(await page.locator('#confirm[open]').count()).toBe(0);
    expect(source.commands).toEqual([]);

    await page.click('#pause');
    await page.fill('#confirm-reason', 'checking the pool list');
    await page.keyboard.press('Enter');
    await page.locator('#status[data-status="paused"]').waitFor();
    expect(source.commands).toEqual([
      { command: 'pause', by: 'dashboard 127.0.0.1', reason: 'checking the pool list' },
    ]);
    expect(await text(page, '#status-reason')).toBe('checking the pool list');
    expect(await page.locator('#pause').isHidden()).toBe(true);

    await page.click('#resume');
    expect(await page.locator('#confirm[open] h2').textContent()).toBe('Resume trading?');
    expect(source.commands).toHaveLength(1);
    await page.click('#confirm-go');
    await page.locator('#status[data-status="running"]').waitFor();
    expect(source.commands[1]).toMatchObject({ command: 'resume', reason: '' });
  });

  test('a refused command says why and leaves the question open', async () => {
    const { page, source } = await open();
    source.refuseWith('draining: the run is ending');
    await page.click('#pause');
    await page.click('#confirm-go');
    await poll(() => page.locator('#confirm[open] #confirm-problem').textContent()).toContain('draining');
  });

  test('a lost service is told with the age of the figures, and a returning one is picked up', async () => {
    const { page, server, source } = await open();
    expect(await page.locator('#banner').isHidden()).toBe(true);
    const top = () => page.locator('#h-trades').evaluate((node) => node.getBoundingClientRect().top);
    const before = await top();
    await server.close();
    await page.locator('#banner').waitFor({ state: 'visible' });
    expect(await text(page, '#banner')).toMatch(/Disconnected\. Figures are of \d\d:\d\d:\d\d, .* ago/);
    expect(await text(page, '#status-text')).toBe('Disconnected');
    expect(await page.title()).toBe('Disconnected · Arbitrage');
    expect(await page.locator('#pause').isDisabled()).toBe(true);
    expect(await top()).toBe(before);

    source.set({ slot: 777 });
    const back = await start(source, server.port);
    closers.push(() => back.close());
    await page.locator('#banner').waitFor({ state: 'hidden' });
    await poll(() => text(page, '#kpi-slot')).toBe('777');
    expect(await page.locator('#pause').isEnabled()).toBe(true);
  });

  test('another run loads the page anew, so that its token works', async () => {
    const { page, server, source } = await open();
    await server.close();
    source.set({ runId: 'run-two' });
    const back = await start(source, server.port);
    closers.push(() => back.close());
    await poll(() => text(page, '#run')).toBe('run-two');
    await page.click('#pause');
    await page.click('#confirm-go');
    await page.locator('#status[data-status="paused"]').waitFor();
  });

  test('dark and light follow the system until chosen, and the choice stays', async () => {
    const { page } = await open({ colorScheme: 'dark' });
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const dark = await ground();
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await ground();
    expect(light).not.toBe(dark);
    await page.click('#theme');
    expect(await ground()).toBe(dark);
    await page.reload();
    expect(await ground()).toBe(dark);
  });

  test('nothing on the page moves while figures change', async () => {
    const { page, source } = await open();
    const places = () => page.evaluate(checks.places);
    const shows = (slot: number) => poll(() => text(page, '#kpi-slot')).toBe(slot.toLocaleString('en-US'));
    source.set({ slot: 999_999_990 });
    await shows(999_999_990);
    const before = await places();
    for (let i = 0; i < 4; i++) {
      const slot = 999_999_991 + i;
      source.advanceMs(60_000);
      source.trade({ netLamports: '987654321098' });
      source.set({ statusReason: 'a reason that is rather long '.repeat(i), slot });
      await shows(slot);
      await page.evaluate(nextPaint);
    }
    expect(await places()).toEqual(before);
  });

  test('from a small phone to a desk, nothing is wider than its place, whatever the font', async () => {
    const { page } = await open({ viewport: { width: 360, height: 844 } });
    for (const family of ['Inter, system-ui', '"DejaVu Sans", Verdana, sans-serif']) {
      await page.evaluate(checks.setFont, family);
      for (const width of [360, 390, 430, 620, 820, 960, 1100, 1240, 1400, 1920]) {
        await page.setViewportSize({ width, height: 844 });
        await page.evaluate(nextPaint);
        expect([family, width, await page.evaluate(checks.tooWide)]).toEqual([family, width, []]);
      }
    }
  });

  test('every control has a name and every text stands out enough from its ground, dark and light', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await open({ colorScheme });
      expect(await page.evaluate(checks.unnamedControls)).toEqual([]);
      expect([colorScheme, await page.evaluate(checks.faintTexts)]).toEqual([colorScheme, []]);
    }
  });
});
