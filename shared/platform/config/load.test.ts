import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';
import { describeConfig } from './describe.ts';
import { CONFIG_KEYS } from './keys.ts';
import { type ConfigInputs, type LoadedConfig, loadConfig } from './load.ts';

const POOL = 'Czfq3xZZDmsdGdUyrNLtRhGc47cXcZtLG4crryfu44zE';
/** A live market but for its RPC. */
const LIVE = { ARB_MARKET: 'live', ARB_UNIVERSE_POOLS: `orca-whirlpool:${POOL}` };
let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'arb-config-'));
});

afterEach(() => rmSync(cwd, { recursive: true }));

function load(inputs: Partial<ConfigInputs> = {}): LoadedConfig {
  return loadConfig({ env: {}, flags: {}, cwd, ...inputs });
}

function writeConfig(content: unknown, name = 'arb.config.json'): void {
  writeFileSync(join(cwd, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
}

function refusal(inputs: Partial<ConfigInputs> = {}): ArbError {
  try {
    load(inputs);
  } catch (error) {
    if (error instanceof ArbError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

/** The text of `rpc.endpoints`: a sound endpoint for each of the changes. */
function endpoints(...changes: readonly object[]): string {
  const sound = { name: 'a', provider: 'generic', url: 'http://a' };
  return JSON.stringify(changes.map((change) => ({ ...sound, ...change })));
}

describe('the configuration', () => {
  it('has a value for everything without any source', () => {
    const { config, sources } = load();
    expect(config).toMatchObject({
      mode: 'paper',
      market: 'built-in',
      rpc: { commitment: 'processed' },
      paper: { latencySlots: 1, landingOdds: 0.8 },
      routing: { startMints: [WSOL_MINT, USDC_MINT], maxLegs: 3 },
      server: { host: '127.0.0.1', port: 8_080 },
      store: { dir: 'data' },
    });
    expect(config.paper.balances[WSOL_MINT]).toBe(100_000_000_000n);
    expect(sources.size).toBe(0);
  });

  it('lets the environment win over the file and flags over both, and says which it was', () => {
    writeConfig({
      seed: 1,
      server: { port: 1, host: 'file' },
      risk: { maxPending: 9 },
      store: { dir: 'file' },
    });
    const loaded = load({
      env: {
        ARB_SERVER_PORT: '2',
        ARB_SERVER_HOST: 'environment',
        ARB_SEED: '2',
        HOME: '/',
        ARB_TEST_X: 'y',
      },
      flags: { port: '3' },
    });
    expect(loaded.config.server).toEqual({ host: 'environment', port: 3 });
    expect(loaded.config.seed).toBe(2);
    expect(loaded.config.risk.maxPending).toBe(9);
    const source = Object.fromEntries(describeConfig(loaded).map((line) => [line.key, line.source]));
    expect(source).toMatchObject({
      'server.port': 'flag --port',
      'server.host': 'environment ARB_SERVER_HOST',
      'risk.maxPending': 'arb.config.json:8:5',
      mode: 'default',
    });
  });

  it('reads the file it is told to instead of the default one', () => {
    writeConfig({ seed: 1 });
    writeConfig({ seed: 2 }, 'other.json');
    expect(load({ file: 'other.json' }).config.seed).toBe(2);
    expect(refusal({ file: 'absent.json' })).toMatchObject({
      code: 'file-unreadable',
      message: expect.stringContaining('absent.json'),
    });
  });

  it('takes amounts as decimal strings and as safe integers, up to a u64', () => {
    writeConfig({
      risk: { minNetProfitLamports: 5, maxTradeIn: { [WSOL_MINT]: '18446744073709551615', [USDC_MINT]: 0 } },
    });
    const { risk } = load().config;
    expect(risk.minNetProfitLamports).toBe(5n);
    expect(risk.maxTradeIn).toEqual({ [WSOL_MINT]: 18_446_744_073_709_551_615n, [USDC_MINT]: 0n });
  });

  it('reads the text forms of lists and maps', () => {
    const env = {
      ARB_PAPER_BALANCES: `${WSOL_MINT}=7, ${USDC_MINT}=8`,
      ARB_ROUTING_START_MINTS: USDC_MINT,
      ARB_RISK_MAX_TRADE_IN: `{"${USDC_MINT}": "9"}`,
      ARB_UNIVERSE_POOLS: `orca-whirlpool:${POOL}`,
    };
    const { config } = load({ env });
    expect(config.paper.balances).toEqual({ [WSOL_MINT]: 7n, [USDC_MINT]: 8n });
    expect(config.routing.startMints).toEqual([USDC_MINT]);
    expect(config.risk.maxTradeIn).toEqual({ [USDC_MINT]: 9n });
    expect(config.universe.pools).toEqual([{ venue: 'orca-whirlpool', address: POOL }]);
  });

  it('derives the WebSocket URL unless it is given', () => {
    const derived = (url: string) => load({ flags: { 'rpc-url': url } }).config.rpc.wsUrl;
    expect(derived('http://127.0.0.1:8899')).toBe('ws://127.0.0.1:8900/');
    expect(derived('https://rpc.example/?api-key=k')).toBe('wss://rpc.example/?api-key=k');
    const flags = { 'rpc-url': 'http://a:1', 'rpc-ws-url': 'ws://b:2' };
    expect(load({ flags }).config.rpc.wsUrl).toBe('ws://b:2');
    expect(describeConfig(load({ flags: { 'rpc-url': 'http://a:1' } }))).toContainEqual(
      expect.objectContaining({ key: 'rpc.wsUrl', value: 'ws://a:2', source: 'derived from rpc.url' }),
    );
  });

  it('lays numbers by name over their defaults', () => {
    const { limits } = load({ env: { ARB_LIMITS_PER_HOUR: 'generic=5, mine=7' } }).config;
    expect(limits.perHour).toMatchObject({ helius: 3_000_000, generic: 5, mine: 7 });
    writeConfig({ limits: { credits: { 'triton/*': 2 } } });
    expect(load().config.limits.credits).toMatchObject({ 'helius/getProgramAccounts': 10, 'triton/*': 2 });
  });

  it('takes rpc.url for the first endpoint, named main, of the provider that its host tells', () => {
    const named = [{ name: 'a', provider: 'triton', grpcUrl: 'https://a', token: 't' }];
    writeConfig({ rpc: { endpoints: named } });
    expect(load().config.rpc.endpoints).toEqual(named);
    const url = 'https://mainnet.helius-rpc.com/?api-key=k';
    const both = load({ flags: { 'rpc-url': url } }).config.rpc.endpoints;
    expect(both).toEqual([
      { name: 'main', provider: 'helius', url, wsUrl: url.replace('https', 'wss') },
      ...named,
    ]);
    const provider = (host: string) => load({ flags: { 'rpc-url': host } }).config.rpc.endpoints[0]?.provider;
    expect(provider('https://app.mainnet.rpcpool.com')).toBe('triton');
    expect(provider('https://helius-rpc.com.example')).toBe('generic');
  });

  it('needs no rpc.url where the endpoints named can be asked and heard', () => {
    const env = { ARB_RPC_ENDPOINTS: endpoints({}, { name: 'b', wsUrl: 'ws://b' }), ...LIVE };
    expect(load({ env }).config.rpc.endpoints.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('is frozen to the bottom', () => {
    const { config } = load({ env: { ARB_UNIVERSE_POOLS: `orca-whirlpool:${POOL}` } });
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(config)).toBe(true);
  });

  it('refuses live trading with a sentence', () => {
    expect(refusal({ flags: { mode: 'live' } })).toMatchObject({
      code: 'config-bad-value',
      message: expect.stringMatching(/live trading is not available in this version/),
    });
  });

  it.each([
    [
      'file',
      { file: { risk: { maxPendng: 1 } } },
      /unknown key risk\.maxPendng .*:3:5.*did you mean risk\.maxPending\?/,
    ],
    ['file', { file: { port: 1 } }, /unknown key port .*did you mean server\.port\?/],
    ['file', { file: { zzz: 1 } }, /unknown key zzz .*known here: mode, market/],
    [
      'environment',
      { env: { ARB_RISK_MAXPENDING: '1' } },
      /ARB_RISK_MAXPENDING.*did you mean ARB_RISK_MAX_PENDING\?/,
    ],
    ['flag', { flags: { prot: '1' } }, /--prot.*did you mean --port\?/],
  ])('refuses an unknown key of the %s and names the nearest', (_, sources, message) => {
    const { file, ...inputs } = sources as { file?: unknown } & Partial<ConfigInputs>;
    if (file !== undefined) writeConfig(file);
    expect(refusal(inputs)).toMatchObject({
      code: 'config-unknown-key',
      message: expect.stringMatching(message),
    });
  });

  it.each<[Record<string, string>, RegExp]>([
    [
      { ARB_SERVER_PORT: '99999' },
      /^configuration: server\.port must be a whole number from 0 to 65535, not 99999 \(environment ARB_SERVER_PORT\)$/,
    ],
    [{ ARB_SERVER_PORT: '80x' }, /not "80x"/],
    [{ ARB_SERVER_PORT: '1e3' }, /not "1e3"/],
    [{ ARB_SERVER_PORT: '' }, /not ""/],
    [{ ARB_PAPER_LANDING_ODDS: '1.5' }, /a number from 0 to 1, not 1\.5/],
    [{ ARB_ROUTING_MAX_LEGS: '5' }, /2 or 3 or 4, not 5/],
    [{ ARB_RISK_MIN_NET_PROFIT_LAMPORTS: '-1' }, /not "-1"/],
    [{ ARB_RISK_MIN_NET_PROFIT_LAMPORTS: '1.5' }, /not "1\.5"/],
    [{ ARB_RISK_MIN_NET_PROFIT_LAMPORTS: '18446744073709551616' }, /2\^64-1/],
    [{ ARB_ROUTING_START_MINTS: 'SOL' }, /"SOL" is not a mint address/],
    [{ ARB_ROUTING_START_MINTS: `${USDC_MINT},${USDC_MINT}` }, /twice/],
    [{ ARB_PAPER_BALANCES: `${WSOL_MINT}=` }, /the amount of So1.* is ""/],
    [{ ARB_PAPER_BALANCES: '{"a"' }, /an object from mint address to amount/],
    [{ ARB_UNIVERSE_POOLS: POOL }, /is not an object/],
    [{ ARB_UNIVERSE_POOLS: `orca:${POOL},ray:${POOL}` }, /twice/],
    [{ ARB_MARKET: 'live' }, /rpc\.url must be given when market is "live"/],
    [{ ARB_RPC_WS_URL: 'ws://a' }, /rpc\.url must be given/],
    [{ ARB_LIMITS_PER_HOUR: 'helius' }, /helius is ""/],
    [{ ARB_LIMITS_PER_HOUR: 'helius=0' }, /a provider or endpoint name to a number from 1 .*helius is 0/],
    [{ ARB_LIMITS_PER_HOUR: 'a=1,a=2' }, /limits\.perHour must be an object/],
    [{ ARB_LIMITS_CREDITS: '{"helius/ x": 1}' }, /"helius\/ x" is not PROVIDER\/METHOD/],
    [{ ARB_LIMITS_METHOD_WEIGHTS: '[1]' }, /limits\.methodWeights must be an object/],
    [{ ARB_RPC_ENDPOINTS: '{}' }, /rpc\.endpoints must be a list of/],
    [{ ARB_RPC_ENDPOINTS: '[{"name":"a"' }, /rpc\.endpoints must be a list of .*not "\*+"/],
    [{ ARB_RPC_ENDPOINTS: '[5]' }, /entry 0 is not an object/],
    [{ ARB_RPC_ENDPOINTS: endpoints({ name: 'A b' }) }, /entry 0 needs a name/],
    [{ ARB_RPC_ENDPOINTS: endpoints({ provider: 'x' }) }, /provider of "a" is none of helius, triton/],
    [{ ARB_RPC_ENDPOINTS: endpoints({ uri: 'http://a' }) }, /an endpoint has no key "uri"/],
    [
      { ARB_RPC_ENDPOINTS: endpoints({ url: 'ws://a' }) },
      /the url of "a" must be a URL that begins with http/,
    ],
    [{ ARB_RPC_ENDPOINTS: endpoints({ url: undefined }) }, /"a" has none of url, wsUrl, grpcUrl/],
    [{ ARB_RPC_ENDPOINTS: endpoints({ token: 'a b' }) }, /the token of "a" must be/],
    [{ ARB_RPC_ENDPOINTS: endpoints({}, {}) }, /the name "a" stands there twice/],
    [
      { ARB_RPC_ENDPOINTS: endpoints({ name: 'main' }), ARB_RPC_URL: 'http://a' },
      /must not use the name "main"/,
    ],
    [
      { ARB_RPC_ENDPOINTS: endpoints({ url: undefined, wsUrl: 'ws://a' }), ...LIVE },
      /rpc\.url must be given when market is "live", or rpc\.endpoints must name one with a url/,
    ],
    [{ ARB_RPC_ENDPOINTS: endpoints({}), ...LIVE }, /rpc\.endpoints must name one with a wsUrl or grpcUrl/],
    [
      { ARB_RPC_URL: 'http://a', ARB_FEED_REDUNDANCY: '2', ...LIVE },
      /feed\.redundancy is 2, which needs two endpoints with a wsUrl or grpcUrl; there is 1/,
    ],
    [{ ARB_ROUTING_START_MINTS: POOL }, /risk\.maxTradeIn must have a limit for Czfq/],
    [{ ARB_DURATION: '0' }, /a number from 0\.1/],
  ])('refuses %j', (env, message) => {
    expect(refusal({ env })).toMatchObject({
      code: 'config-bad-value',
      message: expect.stringMatching(message),
    });
  });

  it('tells every problem at once', () => {
    writeConfig({ seed: -1, rpc: 5, what: 1 });
    const { message } = refusal({ env: { ARB_SERVER_PORT: 'x' }, flags: { nope: '1' } });
    expect(message.split('\n')).toHaveLength(6);
    for (const part of ['seed', 'rpc must be an object', 'what', 'server.port', '--nope']) {
      expect(message).toContain(part);
    }
  });

  it('refuses numbers of a file that JSON cannot hold exactly', () => {
    writeConfig('{"risk": {"minNetProfitLamports": 12345678901234567890}}');
    expect(refusal().message).toMatch(/minNetProfitLamports must be .*decimal string/);
  });

  it('refuses a file that is not JSON, with line and column', () => {
    writeConfig('{\n  "seed": 1,\n  "seed": 2\n}');
    expect(refusal()).toMatchObject({
      code: 'config-not-json',
      message:
        'arb.config.json is not valid JSON: the key "seed" stands there twice, again at line 3, column 3',
    });
    writeConfig('[]');
    expect(refusal().message).toMatch(/must hold a JSON object/);
  });

  it('shows no secret, neither in the description nor in a refusal', () => {
    const loaded = load({ env: { ARB_RPC_URL: 'https://u:S3CRET@rpc.example/S3CRETS3CRET?api-key=S3CRET' } });
    expect(JSON.stringify(describeConfig(loaded))).not.toContain('S3CRET');
    expect(loaded.config.rpc.url).toContain('S3CRET');
    const secrets = { url: 'https://rpc.example/?api-key=S3CRET', token: 'S3CRET' };
    const env = { ARB_RPC_ENDPOINTS: endpoints(secrets) };
    const shown = describeConfig(load({ env })).find(({ key }) => key === 'rpc.endpoints');
    expect(shown?.value).toEqual([
      { name: 'a', provider: 'generic', url: 'https://rpc.example?api-key=****', token: '****' },
    ]);
    for (const bad of [
      endpoints({ ...secrets, x: 1 }),
      endpoints(secrets).slice(1),
      '["S3CRET"]',
      '{"a":"S3CRET"}',
    ]) {
      expect(refusal({ env: { ARB_RPC_ENDPOINTS: bad } }).message).not.toContain('S3CRET');
    }
    const { message } = refusal({ env: { ARB_RPC_URL: 'ftp://u:S3CRET@rpc.example/?k=S3CRET' } });
    expect(message).toMatch(/^configuration: rpc\.url must be a URL/);
    expect(message).not.toContain('S3CRET');
  });

  it('takes no key from a prototype', () => {
    writeConfig('{"__proto__": {"seed": 5}, "constructor": 1}');
    const { message } = refusal();
    expect(message).toContain('__proto__');
    expect(message).toContain('constructor');
  });

  it('gives every key a name in the environment and as a flag, each once', () => {
    expect(new Set(CONFIG_KEYS.map(({ env }) => env)).size).toBe(CONFIG_KEYS.length);
    expect(new Set(CONFIG_KEYS.map(({ flag }) => flag)).size).toBe(CONFIG_KEYS.length);
    for (const { env, flag, notes } of CONFIG_KEYS) {
      expect(env).toMatch(/^ARB(_[A-Z]+)+$/);
      expect(flag).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(notes.summary.length * notes.allowed.length * notes.placeholder.length).toBeGreaterThan(0);
    }
  });

  it('refuses any text for any key with that key’s name, or takes it', () => {
    const key = fc.constantFrom(...CONFIG_KEYS);
    fc.assert(
      fc.property(key, fc.string(), ({ path, env }, text) => {
        try {
          load({ env: { [env]: text } });
        } catch (error) {
          expect(error).toBeInstanceOf(ArbError);
          expect(String(error)).toContain(path.split('.')[0]);
        }
      }),
      { numRuns: 500 },
    );
  });
});
