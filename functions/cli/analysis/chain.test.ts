import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../../shared/platform/process/system-clock.ts';
import { createBank } from '../../../shared/sim/chain/bank.ts';
import { type LocalNode, startLocalNode } from '../../../shared/sim/wire/node.ts';
import type { ChainView } from '../../streamer/dashboard/view/view.ts';
import type { Output } from '../frame/verb.ts';
import { main } from '../main.ts';

let folder = '';
let node: LocalNode;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chain-'));
  const rules = { slotMs: 300, rentLamportsPerByte: 5_080n };
  const bank = createBank({ startSlot: 441_900_000, startUnixTimestamp: 1_790_000_000, rules });
  node = await startLocalNode({ bank });
});

afterEach(async () => {
  rmSync(folder, { recursive: true });
  await node.stop();
});

async function arb(...args: readonly string[]) {
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
  const code = await main(args, {
    stdout: output('stdout'),
    stderr: output('stderr'),
    env: {},
    cwd: folder,
    clock: createSystemClock(),
    version: '0',
    stopSignal: () => new AbortController().signal,
  });
  return { code, ...written };
}

describe('arb chain', () => {
  it('says what a node’s chain is and who says so', async () => {
    const { code, stdout } = await arb('chain', '--rpc-url', node.rpcUrl, '--json');
    expect(code).toBe(0);
    const view = JSON.parse(stdout) as ChainView;
    expect(view).toMatchObject({ slotMs: 300, tokenAccountRentLamports: '1488440', alpenglow: false });
    const rent = view.parameters.find(({ name }) => name === 'rentLamportsPerByte')!;
    expect(rent).toMatchObject({ value: '5080', source: 'Rent sysvar', problem: '' });
    expect(rent.slot).toBeGreaterThanOrEqual(441_900_000);
  });

  it('says with exit code 1 what could not be read', async () => {
    // Nothing listens on the discard port.
    const { code, stdout } = await arb(
      'chain',
      '--rpc-url',
      'http://127.0.0.1:9',
      '--rpc-deadline-ms',
      '300',
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/slotMicros +400000 +assumed — .*unreachable/);
  });

  it('says what a recorded run was told, every change of it', async () => {
    const schedule = '+20:slotMs=300 +40:slotMs=200,rentLamportsPerByte=696';
    const run = ['run', '--simulated-time', '--duration', '20', '--sim-schedule', schedule];
    expect((await arb(...run, '--recorder-dir', join(folder, 'rec'), '--json')).code).toBe(0);
    const { code, stdout } = await arb('chain', '--recording', join(folder, 'rec'), '--json');
    expect(code).toBe(0);
    const views = JSON.parse(stdout) as readonly ChainView[];
    expect(views.map(({ slotMs }) => slotMs)).toEqual([400, 300, 200]);
    expect(views.map((view) => view.tokenAccountRentLamports)).toEqual(['2039280', '2039280', '203928']);
  });
});
