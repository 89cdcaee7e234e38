import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../server.ts';
import { createSampleSource, type SampleSource } from './sample-source.ts';

/** Run inside the page, where there is a document. */
interface Checks {
  setFont(family: string): void;
  places(): string[];
  tooWide(): string[];
  unnamedControls(): string[];
  faintTexts(): string[];
}

const checks = (await import(String(new URL('./page-checks.js', import.meta.url)))) as Checks;
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
    await page.waitForTimeout(1_200);
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
    await expect.poll(() => newest.locator('.c-net .strong').textContent()).toBe('+1.000000007');
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
    await expect.poll(() => cost.textContent()).toBe('$9,007,199,254,740.9931');
    expect(await cost.getAttribute('title')).toBe('$9,007,199,254,740.993123456');
  });

  test('text from the market is never markup', async () => {
    const source = createSampleSource();
    const evil = '<img src=x onerror="document.title=1">';
    source.set({ statusReason: evil, market: evil, refusals: [{ reason: evil, count: 1 }] });
    const { page, complaints } = await open({}, source);
    source.trade({
      route: evil,
      start: { mint: evil, symbol: evil, decimals: 6 },
      venues: [evil],
      reason: evil,
    });
    await expect.poll(() => text(page, '#trades .route')).toBe(evil);
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
    await expect
      .poll(() => page.locator('#confirm[open] #confirm-problem').textContent())
      .toContain('draining');
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
    expect(await page.locator('#pause').isDisabled()).toBe(true);
    expect(await top()).toBe(before);

    source.set({ slot: 777 });
    const back = await start(source, server.port);
    closers.push(() => back.close());
    await page.locator('#banner').waitFor({ state: 'hidden' });
    await expect.poll(() => text(page, '#kpi-slot')).toBe('777');
    expect(await page.locator('#pause').isEnabled()).toBe(true);
  });

  test('another run loads the page anew, so that its token works', async () => {
    const { page, server, source } = await open();
    await server.close();
    source.set({ runId: 'run-two' });
    const back = await start(source, server.port);
    closers.push(() => back.close());
    await expect.poll(() => text(page, '#run'), { timeout: 10_000 }).toBe('run-two');
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
    await page.waitForTimeout(600);
    const before = await places();
    for (let i = 0; i < 4; i++) {
      source.advanceMs(60_000);
      source.trade({ netLamports: '987654321098' });
      source.set({ statusReason: 'a reason that is rather long '.repeat(i), slot: 999_999_999 });
      await page.waitForTimeout(600);
    }
    expect(await places()).toEqual(before);
  });

  test('from a small phone to a desk, nothing is wider than its place, whatever the font', async () => {
    const { page } = await open({ viewport: { width: 360, height: 844 } });
    for (const family of ['Inter, system-ui', '"DejaVu Sans", Verdana, sans-serif']) {
      await page.evaluate(checks.setFont, family);
      for (const width of [360, 390, 430, 620, 820, 960, 1100, 1240, 1400, 1920]) {
        await page.setViewportSize({ width, height: 844 });
        await page.evaluate(
          'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))',
        );
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
