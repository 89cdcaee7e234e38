import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../shared/platform/process/system-clock.ts';
import type { Output } from './frame/verb.ts';
import { main } from './main.ts';
import { VERBS } from './verbs.ts';

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'arb-cli-'));
});

afterEach(() => rmSync(cwd, { recursive: true }));

function collect(): Output & { text: string } {
  const output = {
    isTty: false,
    columns: 80,
    text: '',
    write(text: string) {
      output.text += text;
    },
    line: (text: string) => output.write(`${text}\n`),
  };
  return output;
}

/** Runs a command line in this process, in an empty directory and environment. */
async function arb(line: string, env: Record<string, string> = {}) {
  const [stdout, stderr] = [collect(), collect()];
  const args = line === '' ? [] : line.split(' ');
  const code = await main(args, {
    stdout,
    stderr,
    env,
    cwd,
    clock: createSystemClock(),
    version: '1.2.3',
    stopSignal: () => new AbortController().signal,
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

describe('arb', () => {
  it('prints its help on stdout when asked, and on stderr with code 2 when told nothing', async () => {
    for (const line of ['--help', '-h', 'help']) {
      const { code, stdout, stderr } = await arb(line);
      expect([code, stderr]).toEqual([0, '']);
      for (const { name, summary } of VERBS) expect(stdout).toMatch(new RegExp(`${name} +${summary}`));
      expect(stdout).toContain('Exit codes:');
    }
    const { code, stdout, stderr } = await arb('');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: arb VERB');
  });

  it('prints its version', async () => {
    expect(await arb('--version')).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
  });

  it.each(VERBS.map(({ name }) => name))('has help for %s with every flag', async (name) => {
    const { code, stdout } = await arb(`${name} --help`);
    expect(code).toBe(0);
    expect((await arb(`help ${name}`)).stdout).toBe(stdout);
    const verb = await VERBS.find((entry) => entry.name === name)?.load();
    expect(verb?.name).toBe(name);
    for (const flag of Object.keys(verb?.flags ?? {})) expect(stdout).toContain(`  --${flag}`);
    if (verb?.usesConfig === true) expect(stdout).toContain('  --risk-max-pending N');
  });

  it.each([
    ['confg', /no verb "confg"; did you mean config\?/],
    ['xyzzy', /no verb "xyzzy"; verbs: .*config/],
    ['--port 1', /the first word must be a verb, not --port/],
    ['config --pirnt', /arb config has no flag --pirnt; did you mean --print\?/],
    ['config --risk-max-pendng 1', /did you mean --risk-max-pending\?/],
    ['config --constructor', /no flag --constructor/],
    ['config word', /takes no word "word"/],
    ['--version word', /arb --version takes no word "word"/],
    ['help run word', /arb help run takes no word "word"/],
    ['config --json=yes', /--json takes no value, but is given "yes"/],
    ['config --port', /--port needs a value: --port N/],
    ['config --port --json', /--port needs a value/],
    ['config --port 1 --port 2', /--port is given twice/],
    ['config --port x', /server\.port must be a whole number .*not "x" \(flag --port\)/],
    ['config --mode live', /live trading is not available in this version/],
  ])('refuses "arb %s" with code 2 and a sentence', async (line, sentence) => {
    const { code, stdout, stderr } = await arb(line);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toContain('    at ');
  });

  it('takes --paper-trade without a verb for run --mode paper', async () => {
    const { code, stdout } = await arb('--paper-trade --duration 3600 --help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^arb run: /);
    expect((await arb('run --paper-trade --help')).stdout).toBe(stdout);
    expect((await arb('--paper-trade --duratoin 1')).stderr).toMatch(
      /arb run has no flag --duratoin; did you mean --duration/,
    );
    expect((await arb('--paper-trade --duration no')).stderr).toMatch(/duration must be a number/);
  });
});

describe('arb run', () => {
  it('has nothing to do on a live market without pools, and says where they come from', async () => {
    const { code, stderr } = await arb('run --market live --rpc-url http://127.0.0.1:9');
    expect(code).toBe(2);
    expect(stderr).toMatch(/universe\.pools, or universe\.file with a file that arb discover writes/);
  });
});

describe('arb config', () => {
  it('prints each key with its value and source', async () => {
    writeFileSync(join(cwd, 'arb.config.json'), '{"seed": 7}');
    const { code, stdout } = await arb('config --print --port 9', { ARB_RISK_MAX_PENDING: '2' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^seed +7 {2}\(arb\.config\.json:1:2\)$/m);
    expect(stdout).toMatch(/^server\.port +9 {2}\(flag --port\)$/m);
    expect(stdout).toMatch(/^risk\.maxPending +2 {2}\(environment ARB_RISK_MAX_PENDING\)$/m);
    expect(stdout).toMatch(/^duration +- {2}\(default\)$/m);
  });

  it('prints one JSON object with --json, amounts as strings, secrets masked', async () => {
    const { stdout } = await arb('config --json', { ARB_RPC_URL: 'https://rpc.example/?api-key=S3CRET' });
    expect(stdout).not.toContain('S3CRET');
    expect(JSON.parse(stdout)).toMatchObject({
      'rpc.url': { value: 'https://rpc.example?api-key=****', source: 'environment ARB_RPC_URL' },
      'costs.tipLamports': { value: '10000', env: 'ARB_COSTS_TIP_LAMPORTS', flag: '--costs-tip-lamports' },
    });
  });

  it('says what is wrong with a file: code 3 when it cannot be read, 2 when its content is wrong', async () => {
    expect(await arb('config --config absent.json')).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/cannot read the config file absent\.json/),
    });
    writeFileSync(join(cwd, 'bad.json'), '{"seed": 1,}');
    expect(await arb('config --config bad.json')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/bad\.json is not valid JSON: .* at line 1, column 12/),
    });
  });
});
