import { describe, expect, test } from 'vitest';
import type { Address } from '../../core/address.ts';
import { write } from './local/write.ts';
import { quote } from './quote.ts';
import { settle } from './settle.ts';
import { type Accounts, type AskedSwap, digestOf } from './test-swaps.ts';

/**
 * By group of pools, the beginning of the sha256 over what the swap of the program's own source
 * (raydium-io/raydium-clmm 03b44b7, `swap_internal`, compiled natively) paid, or that it failed, and the bytes that
 * pool, tick arrays and bitmap extension then had. Amounts lie on and beside the edges of the steps as well as
 * anywhere.
 */
const TRACES: readonly string[] = [
  '5434d161e32cfe06',
  '7f24d010113652e2',
  'da927d8327c137a3',
  'cbc21262e8e4abab',
  'cd7f76cffaee33a6',
  '7a0e5e0e58cc59e4',
  'e3f22707087ce7ee',
  '612ead449dce2dec',
  '750099b13b3f0481',
  '36b4c61b3e12c915',
  '529380a3af96de8e',
  'e060ac167f3e806d',
  'a600b49cc1891c9d',
  '10a9fa72b48ab028',
  '838ee95ea6efcbeb',
  '50e23c658bd6ff84',
];
async function ours(accounts: Accounts, _pool: Address, swap: AskedSwap): Promise<bigint | null> {
  // Compiled natively the source counts no compute units: here a swap has all it wants.
  const clock = { slot: 1, epoch: 810, unixTimestamp: swap.unixTimestamp, transactionUnits: 1e9 };
  const quoted = quote(swap.state, swap.aToB, swap.amountIn, clock);
  const settled = settle(swap.state, swap.aToB, swap.amountIn, clock);
  expect(settled).toMatchObject(quoted);
  if (!settled.ok) return null;
  const written = write(settled.state, (address) => accounts.get(address));
  for (const { address, account } of written) accounts.set(address, account);
  return settled.amountOut;
}

describe('odd pools', () => {
  test.each(TRACES.map((trace, group) => [group, trace] as const))(
    'pay and hold what the program made of them, group %d',
    async (group, trace) => {
      expect(await digestOf(group, ours)).toBe(trace);
    },
  );
});
