import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type Address, addressAt, SYSTEM_PROGRAM } from '../../core/address.ts';
import { createBank } from '../chain/bank.ts';
import { readSchedule } from '../chain/chain-rules.ts';
import { type LocalNode, startLocalNode } from './node.ts';

const ONE = addressAt(new Uint8Array(32).fill(1)) as Address;
let node: LocalNode;
let socket: WebSocket;
let heard: { readonly method: string; readonly slot: number; readonly lamports?: number }[];

/** An answer, whose fields are looked at one by one. */
interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what is tested
  readonly result?: any;
  readonly error?: { readonly code: number; readonly message: string };
}

async function ask(method: string, params: readonly unknown[] = []): Promise<Answer> {
  const response = await fetch(node.rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return (await response.json()) as Answer;
}

function set(lamports: bigint) {
  const account = { owner: SYSTEM_PROGRAM, lamports, data: new Uint8Array(0) };
  node.bank.set({ address: ONE, account });
}

/** Subscribes and waits until the node has said yes. */
async function subscribe(id: number, method: string, params: readonly unknown[]) {
  await new Promise<void>((resolve) => {
    const answered = (data: WebSocket.RawData): void => {
      if (JSON.parse(String(data)).id !== id) return;
      socket.off('message', answered);
      resolve();
    };
    socket.on('message', answered);
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  });
}

beforeEach(async () => {
  const bank = createBank({ startSlot: 441_900_000, startUnixTimestamp: 1_790_000_000 });
  node = await startLocalNode({ bank, slotMs: 3_600_000 });
  socket = new WebSocket(node.wsUrl);
  heard = [];
  await new Promise((resolve) => socket.once('open', resolve));
  socket.on('message', (data) => {
    const { method, params } = JSON.parse(String(data));
    if (method === undefined) return;
    const { result } = params;
    const slot = result.context?.slot ?? result.slot ?? result;
    heard.push({ method, slot, ...(result.value === undefined ? {} : { lamports: result.value.lamports }) });
  });
});

afterEach(async () => {
  socket.terminate();
  await node.stop();
});

describe('a local node whose chain changes', () => {
  it('is told so in mid-run, by field, and its answers follow', async () => {
    expect((await ask('getMinimumBalanceForRentExemption', [165])).result).toBe(2_039_280);
    const changed = await ask('simChangeChain', [{ slotMs: 300, rentLamportsPerByte: 5_080 }]);
    expect(changed.result).toMatchObject({ slotMs: 300, rentLamportsPerByte: 5_080 });
    expect((await ask('getMinimumBalanceForRentExemption', [165])).result).toBe(1_488_440);
    expect((await ask('simChangeChain', [{ slotMillis: 300 }])).error?.message).toMatch(
      /no rule "slotMillis" \(known: /,
    );
    expect((await ask('simChangeChain', [{ consensus: 'bitcoin' }])).error?.code).toBe(-32_602);
  });

  it('tells an Alpenglow certificate only once there is one', async () => {
    expect((await ask('getAgGenesisCert')).result).toBeNull();
    node.bank.change({ consensus: 'migrating' });
    expect((await ask('getAgGenesisCert')).result).toBeNull();
    node.bank.change({ consensus: 'alpenglow' });
    const { block, signature } = (await ask('getAgGenesisCert')).result;
    expect([block.slot, block.blockId.length, signature.signature.length]).toEqual([
      node.bank.slot - 1,
      32,
      192,
    ]);
  });

  it('says nothing at confirmed, finalized and root while its consensus changes, and goes on with processed', async () => {
    const [account, slot] = [{ commitment: 'confirmed' }, []] as const;
    await subscribe(1, 'accountSubscribe', [ONE, account]);
    await subscribe(2, 'rootSubscribe', slot);
    await subscribe(3, 'slotSubscribe', slot);
    set(1n);
    for (let i = 0; i < 3; i++) node.bank.advanceSlot();
    await expect.poll(() => heard.filter(({ method }) => method === 'accountNotification').length).toBe(1);
    node.bank.change({ consensus: 'migrating' });
    heard.length = 0;
    set(2n);
    for (let i = 0; i < 40; i++) node.bank.advanceSlot();
    await expect.poll(() => heard.length).toBe(40);
    expect(new Set(heard.map(({ method }) => method))).toEqual(new Set(['slotNotification']));
    const frozen = (await ask('getSlot', [{ commitment: 'finalized' }])).result;
    expect((await ask('getAccountInfo', [ONE, { commitment: 'finalized' }])).result.context.slot).toBe(
      frozen,
    );
    node.bank.change({ consensus: 'alpenglow' });
    node.bank.advanceSlot();
    await expect
      .poll(() => heard.filter(({ method }) => method === 'accountNotification'))
      .toMatchObject([{ lamports: 2 }]);
    const [confirmed, finalized] = await Promise.all(
      ['confirmed', 'finalized'].map((commitment) => ask('getSlot', [{ commitment }])),
    );
    expect(confirmed!.result).toBe(finalized!.result);
  });

  it('tells a slot and its accounts twice where the leader built two blocks', async () => {
    node.bank.change({ consensus: 'alpenglow' });
    set(5n);
    node.bank.advanceSlot();
    await subscribe(1, 'accountSubscribe', [ONE, { commitment: 'processed' }]);
    await subscribe(2, 'slotSubscribe', []);
    set(7n);
    node.bank.dropBlock();
    const { parent } = node.bank.advanceSlot();
    await expect
      .poll(() => heard)
      .toEqual([
        { method: 'accountNotification', slot: parent, lamports: 7 },
        { method: 'slotNotification', slot: parent },
        { method: 'accountNotification', slot: parent, lamports: 5 },
        { method: 'slotNotification', slot: parent + 1 },
      ]);
  });

  it('tells how many slots the last minutes had', async () => {
    const samples = (await ask('getRecentPerformanceSamples', [2])).result;
    expect(samples).toHaveLength(2);
    expect(samples[0]).toMatchObject({ samplePeriodSecs: 60, slot: node.bank.slot - 1 });
  });
});

describe('a schedule of the chain’s changes', () => {
  it('is read from its text, and refused with the part that is wrong', () => {
    expect(readSchedule('+150:slotMs=300 +300:slotMs=200,rentLamportsPerByte=5080')).toEqual([
      { afterSlots: 150, slotMs: 300 },
      { afterSlots: 300, slotMs: 200, rentLamportsPerByte: 5_080n },
    ]);
    expect(readSchedule('')).toEqual([]);
    expect(() => readSchedule('150:slotMs=300')).toThrow('"150:slotMs=300" is no change');
    expect(() => readSchedule('+1:slotMs=fast')).toThrow('slotMs cannot be fast');
    expect(() => readSchedule('+1:rent=5')).toThrow('there is no rule "rent"');
  });

  it('is kept by a node without a restart, each slot as long as the rules say by then', async () => {
    const schedule = readSchedule('+10:slotMs=15 +20:slotMs=5');
    const bank = createBank({ startSlot: 5_000, startUnixTimestamp: 1, rules: { slotMs: 30 }, schedule });
    const begun: number[] = [];
    const timed = await startLocalNode({ bank, onSlotStart: () => begun.push(performance.now()) });
    await expect.poll(() => begun.length, { timeout: 5_000 }).toBeGreaterThanOrEqual(31);
    await timed.stop();
    const spans = [begun[9]! - begun[0]!, begun[19]! - begun[9]!, begun[29]! - begun[19]!];
    // The sum is kept, whatever single timers do: 9 slots of 30 ms, 10 of 15 ms, 10 of 5 ms.
    expect(spans[0]).toBeGreaterThan(spans[1]!);
    expect(spans[1]).toBeGreaterThan(spans[2]!);
  });
});
