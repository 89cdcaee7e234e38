import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import { load } from './load.ts';
import { quote } from './quote.ts';
import { settle } from './settle.ts';

/** Swaps that the program itself executed; the format is described beside the files. */
interface VectorFile {
  readonly accounts: readonly { pubkey: Address; owner: Address; lamports: number; data: string }[];
  readonly cases: readonly {
    readonly name: string;
    readonly pool: Address;
    readonly clock: ChainClock;
    readonly accounts: readonly number[];
    readonly swaps: readonly { aToB: boolean; amountIn: string; amountOut: string | null }[];
  }[];
}

const FOLDER = process.env.ARB_VECTORS;
const PATH = FOLDER === undefined ? undefined : join(FOLDER, 'orca-whirlpool.json');

describe('what the program paid', () => {
  test('is what we quote and settle, to the unit, refusals included', (context) => {
    if (PATH === undefined || !existsSync(PATH)) {
      const reason = PATH === undefined ? 'ARB_VECTORS is not set' : `${PATH} does not exist`;
      console.log(`skipped: what the program paid: ${reason}`);
      context.skip(reason);
      return;
    }
    const file = JSON.parse(readFileSync(PATH, 'utf8')) as VectorFile;
    let compared = 0;
    for (const { name, pool, clock, accounts, swaps } of file.cases) {
      const held = new Map<Address, AccountBytes>();
      for (const at of accounts) {
        const { pubkey, owner, lamports, data } = file.accounts[at]!;
        held.set(pubkey, {
          owner,
          lamports: BigInt(lamports),
          data: Uint8Array.from(Buffer.from(data, 'base64')),
        });
      }
      const loaded = load(pool, (address) => held.get(address));
      if (!loaded.ok) throw new Error(`${name}: ${loaded.reason}`);
      for (const { aToB, amountIn, amountOut } of swaps) {
        const quoted = quote(loaded.state, aToB, BigInt(amountIn), clock);
        const settled = settle(loaded.state, aToB, BigInt(amountIn), clock);
        const paid = quoted.ok ? String(quoted.amountOut) : null;
        expect({ name, aToB, amountIn, amountOut: paid }).toEqual({ name, aToB, amountIn, amountOut });
        expect(settled).toMatchObject(quoted);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(0);
  });
});
