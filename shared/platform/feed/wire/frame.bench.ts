import type { Bench } from '../../../bench/harness.ts';
import type { AccountBytes } from '../../../core/account.ts';
import type { Address } from '../../../core/address.ts';
import {
  accountsAfter,
  CONTRACT_CASES,
  CONTRACT_CLOCK,
  contractPool,
  vaultAmount,
} from '../../../venues/contract.ts';
import { VENUES } from '../../../venues/registry.ts';
import type { Venue } from '../../../venues/venue.ts';
import { FrameDecoder } from './frame.ts';

const SWAPS = 16;

/** WebSocket frame to decoded pool: what each venue's own swaps send, through the frame decoder and its `apply`. */
export const benches: readonly Bench[] = VENUES.map((venue) => ({
  name: `decode.${venue.id}`,
  unit: 'frames/s',
  run(harness) {
    const pool = contractPool(venue, CONTRACT_CASES[0]!);
    const { addresses, frames } = framesOfSwaps(venue);
    const decoder = new FrameDecoder();
    let next = 0;
    const step = (): void => {
      if (decoder.decode(frames[next]!) !== 'account') throw new Error(`bad frame: ${decoder.problem}`);
      const applied = venue.apply(pool.state, addresses[Number(decoder.subscription)]!, decoder.account);
      if (!applied.ok) throw new Error(`not applied: ${applied.reason}`);
      next = (next + 1) % frames.length;
    };
    const value = harness.throughput((turns) => {
      for (let i = 0; i < turns; i++) step();
    });
    if (decoder.parsedFrames > 0) harness.note(`${decoder.parsedFrames} frames went through JSON.parse`);
    return { value, ...harness.latency(step) };
  },
}));

/** The frames that a node sends for a row of swaps: every account that each of them writes, in the pool's order. */
function framesOfSwaps(venue: Venue): { addresses: Address[]; frames: Buffer[] } {
  let pool = contractPool(venue, CONTRACT_CASES[0]!);
  const addresses = pool.state.accounts.filter((account) => account.everySwap).map(({ address }) => address);
  const frames: Buffer[] = [];
  for (let i = 0; i < SWAPS; i++) {
    const aToB = i % 3 !== 0;
    const amountIn =
      vaultAmount(pool.accounts, aToB ? pool.state.vaultA : pool.state.vaultB) / BigInt(5_000 + i);
    const settled = venue.settle(pool.state, aToB, amountIn, CONTRACT_CLOCK);
    if (!settled.ok) throw new Error(`${venue.id} does not swap: ${settled.reason}`);
    pool = { ...pool, accounts: accountsAfter(venue, pool, aToB, settled), state: settled.state };
    for (const [subscription, address] of addresses.entries()) {
      frames.push(Buffer.from(frameText(subscription, CONTRACT_CLOCK.slot + i, pool.accounts.get(address)!)));
    }
  }
  return { addresses, frames };
}

function frameText(subscription: number, slot: number, account: AccountBytes): string {
  const { lamports, owner, data } = account;
  const text = Buffer.from(data).toString('base64');
  const value = `{"lamports":${lamports},"data":["${text}","base64"],"owner":"${owner}","executable":false,"rentEpoch":18446744073709551615,"space":${data.length}}`;
  return `{"jsonrpc":"2.0","method":"accountNotification","params":{"result":{"context":{"slot":${slot}},"value":${value}},"subscription":${subscription}}}`;
}
