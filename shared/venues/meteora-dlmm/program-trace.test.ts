import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Address } from '../../core/address.ts';
import {
  accountsAfter,
  CONTRACT_CASES,
  CONTRACT_CLOCK,
  type ContractCase,
  chainOf,
  contractPool,
  loadOrThrow,
} from '../contract.ts';
import { meteoraDlmm } from './index.ts';

/**
 * What the deployed program (sha256 942f609d03440911f15c40e8df1733d808670768fd9042af1de956964fb2f0e6) paid for our
 * own swap instructions on pools that we synthesize, one after the other, and a hash of the pool, its bin arrays and
 * its bitmap extension as it left them. A swap: seconds after the one before, A to B, amount in, amount out
 * (undefined: it failed).
 */
interface Trace {
  readonly name: string;
  readonly price: number;
  readonly feeBps: number;
  readonly variant: number;
  readonly sha256: string;
  readonly swaps: readonly (readonly [number, boolean, bigint, bigint | undefined])[];
}

const TRACES: readonly Trace[] = [
  {
    name: 'SOL/USDC, variant 0',
    price: 142.35,
    feeBps: 25,
    variant: 0,
    sha256: '5a60613523c753be069b880d786893d8e61698606a40f9b52e5eed4819e23f52',
    swaps: [
      [5, true, 555555555550n, 78541311590n],
      [700, false, 70309324653n, 494817168194n],
      [700, true, 1686912795768n, 234555361789n],
      [45, false, 52059764972n, 375152405213n],
      [0, false, 57844183302n, 409731876571n],
      [700, false, 192813944338n, 1355893300219n],
      [0, false, 85695086373n, 590351094974n],
      [45, false, 21423771594n, 147063058270n],
    ],
  },
  {
    name: 'SOL/USDC, variant 1',
    price: 142.35,
    feeBps: 25,
    variant: 1,
    sha256: '99ed85a761c97406d19b24590e5ec1f9bc0bec55db4d37fea7a3d932acc8e1e9',
    swaps: [
      [0, false, 17783130837n, 124635599150n],
      [700, true, 121884110021n, 17302996835n],
      [0, false, 237268455823n, 1631783120729n],
      [5, false, 316357941097n, 1960838175323n],
      [0, false, 632715883n, 3638695942n],
      [45, false, 633032241n, 3819138706n],
      [0, true, 465723126709n, 73453548411n],
      [45, false, 397747988034n, undefined],
    ],
  },
  {
    name: 'SOL/USDC, variant 2',
    price: 142.35,
    feeBps: 25,
    variant: 2,
    sha256: '64d8b7c486cc0452122dfccb7d603ef25f93dce06ce148a6fdbbaa0cb5692c9b',
    swaps: [
      [5, false, 18904917317n, 132526924778n],
      [700, false, 86122401108n, 600019126687n],
      [45, true, 2308268634n, 330815619n],
      [700, true, 1539615178652n, 218001162997n],
      [45, false, 71432448051n, 504061740173n],
      [700, true, 141359974361n, 19969437241n],
      [0, true, 144893973720n, 20402664968n],
      [700, true, 1980217640839n, 269836913576n],
    ],
  },
  {
    name: 'SOL/USDC, variant 3',
    price: 142.35,
    feeBps: 25,
    variant: 3,
    sha256: 'd5f9b2183d77aa5efba0dd96a7561e219a4323f015a40bed423d2c30d9badd74',
    swaps: [
      [700, false, 252918880418n, 1766156513394n],
      [0, true, 400171879275n, 57195646949n],
      [45, true, 2000859397n, 286043344n],
      [0, false, 477096916n, 3320136302n],
      [700, true, 2000199758n, 285981295n],
      [700, true, 1334133238535n, 189787279996n],
      [45, false, 19114941676n, 134010456762n],
      [0, true, 578058055264n, 81840546775n],
    ],
  },
  {
    name: 'a transfer fee on A',
    price: 0.04,
    feeBps: 30,
    variant: 0,
    sha256: '6de80bbb3b6748cf69259f7879a2bc617a11b5018b66aa13766c9f1ae04b8241',
    swaps: [
      [5, true, 1333333333321n, 52055265848n],
      [700, false, 2693436399n, 69680273014n],
      [0, false, 55215447n, 1427466101n],
      [700, true, 2631111298n, 101054368n],
      [5, true, 2632426353n, 101104895n],
      [700, true, 2633742066n, 101155447n],
      [700, true, 1756705624629n, 63677855254n],
      [0, false, 15501645943n, 415595385676n],
    ],
  },
  {
    name: 'a transfer fee on B',
    price: 3800,
    feeBps: 30,
    variant: 2,
    sha256: '1377eadb655e2230ffdc3fa65c084c06b9e5a9dcad3e6d0638b8c5a035fc5e68',
    swaps: [
      [45, true, 355564249523n, 1321777695806n],
      [5, false, 912913053906n, 243732656226n],
      [5, false, 91291280391n, 24065831990n],
      [45, true, 28861462747n, 108792167196n],
      [0, false, 90853708221n, 23955886149n],
      [700, false, 1862500519n, 490844646n],
      [700, true, 28971831046n, 109214772826n],
      [5, false, 401960751637n, 105624006107n],
    ],
  },
  {
    name: 'bins beyond the pool bitmap',
    price: 36000,
    feeBps: 1,
    variant: 0,
    sha256: '5177909f07fbc52e03e6a46ed7b7e19ea3cf8d027b4980770f5745d20d8853f4',
    swaps: [
      [0, true, 2500000000n, 89991169947n],
      [700, false, 19990038750912n, 555088383400n],
      [45, false, 99950193755n, 2774689061n],
      [0, true, 2222318464n, 80035371085n],
      [700, true, 111171481147n, 4003526100516n],
      [45, false, 21768530692364n, 604135967392n],
      [0, true, 1317964919876n, 47458835063943n],
      [700, false, 18914052428855n, 525329167421n],
    ],
  },
  {
    name: 'bins below the pool bitmap',
    price: 27.77777777777778,
    feeBps: 1,
    variant: 3,
    sha256: '984d1adff115635af4c787ddc0c1e459abd7e94a12c5a9661befa6a175883c18',
    swaps: [
      [45, true, 1778260288090n, 49197337462n],
      [700, true, 3556520577n, 97926537n],
      [45, false, 49275656n, 1789247723n],
      [5, false, 2465014676n, 89495189913n],
      [45, true, 175632830883n, 4835885067n],
      [0, true, 180023651655n, 4954636465n],
      [700, true, 820107746427n, 22543189238n],
      [45, true, 2733692488089n, undefined],
    ],
  },
];

function caseOf(trace: Trace): ContractCase {
  const known = CONTRACT_CASES.find(({ name }) => name === trace.name) ?? CONTRACT_CASES[0]!;
  return { ...known, name: trace.name, price: trace.price, feeBps: trace.feeBps, variant: trace.variant };
}

describe('the program itself, swap after swap', () => {
  test.each(TRACES.map((trace) => [trace.name, trace] as const))('with %s', (_, trace) => {
    let pool = contractPool(meteoraDlmm, caseOf(trace));
    const order: readonly Address[] = [...pool.accounts.keys()];
    let { unixTimestamp } = CONTRACT_CLOCK;
    for (const [seconds, aToB, amountIn, amountOut] of trace.swaps) {
      unixTimestamp += seconds;
      const clock = { ...CONTRACT_CLOCK, unixTimestamp };
      const settled = meteoraDlmm.settle(pool.state, aToB, amountIn, clock);
      expect(settled.ok ? settled.amountOut : undefined).toBe(amountOut);
      if (!settled.ok) continue;
      const accounts = accountsAfter(meteoraDlmm, pool, aToB, settled);
      const state = loadOrThrow(meteoraDlmm, pool.address, chainOf(accounts));
      pool = { address: pool.address, accounts, state };
    }
    const hash = createHash('sha256');
    for (const address of order) {
      const account = pool.accounts.get(address)!;
      const ours = account.owner === meteoraDlmm.programId && address !== pool.state.oracle;
      if (ours) hash.update(account.data);
    }
    expect(hash.digest('hex')).toBe(trace.sha256);
  });
});
