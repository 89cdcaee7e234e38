import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { CONTRACT_CASES, CONTRACT_CLOCK, chainOf, contractPool, loadOrThrow } from '../contract.ts';
import { raydiumClmm } from './index.ts';
import { CLMM_PROGRAM } from './layout.ts';
import { write } from './local/write.ts';
import { settle } from './settle.ts';

/**
 * What the swap of the program's own source (raydium-io/raydium-clmm 03b44b7, `swap_internal`, compiled natively) did
 * to the pools of the contract tests, one swap after the other: seconds since the last, direction, amount in, amount
 * out, and the beginning of the sha256 over the bytes that all of its accounts then had, the observations left out.
 * They hold for the pools as `synthesize` makes them; when it makes others, the program has to be asked again.
 */
type Swap = readonly [pause: number, aToB: boolean, amountIn: bigint, amountOut: bigint, bytes: string];

const TRACES: Readonly<Record<string, readonly Swap[]>> = {
  'SOL/USDC, variant 0': [
    [0, true, 726_683_464_438n, 102_654_546_711n, '5d466b67e8efb7d1'],
    [5, true, 109_002_520_367n, 15_307_256_500n, '2439b2680cfbe8d9'],
    [29, false, 69_215_718_815n, 489_099_326_160n, '21f061945888b91e'],
    [31, false, 623_107n, 4_387_806n, '4aab6d07d5d4c2b1'],
    [300, true, 1_090_025_196_778n, 152_829_324_868n, 'ed32d0f0f7945da3'],
    [700, false, 36_643_616_051n, 261_626_119_940n, '2c79dd4cfb523bac'],
    [4000, true, 872_020_157_405n, 120_732_050_644n, '11a773703588c802'],
    [0, true, 363_341_732_902n, 49_437_262_300n, 'f8fb6ce338bf8c19'],
  ],
  'SOL/USDC, variant 1': [
    [0, true, 711_124_963_896n, 100_442_480_338n, 'fa014a21e486cc4d'],
    [5, false, 15_878_372_787n, 112_230_528_257n, 'ad2e2fb211133b50'],
    [29, true, 474_083_309_448n, 66_510_070_300n, '2dbc85a6a575bca3'],
    [31, true, 4_267_325n, 596_788n, '3404535b2d324b19'],
    [300, true, 1_066_687_445_109n, 147_732_835_917n, 'e3a5f661d00cb5b1'],
    [700, false, 37_360_875_175n, 270_423_511_431n, 'af4a0a01efeb457d'],
    [4000, true, 853_349_956_625n, 115_880_565_850n, '8d7369dae0649093'],
    [0, false, 52_927_907_126n, 389_759_100_537n, 'efd737fbd140d71b'],
  ],
  'SOL/USDC, variant 2': [
    [0, true, 798_779_264_771n, 112_805_200_842n, '6e22eab5a4e0f6ba'],
    [5, false, 16_434_336_222n, 116_332_108_375n, '31bc59d3783228ed'],
    [29, false, 73_041_490_874n, 514_810_111_411n, '354280bd6e8cd834'],
    [31, false, 657_769n, 4_619_814n, '82108319406fdfd4'],
    [300, false, 164_343_354_542n, 1_145_222_300_155n, '8fd1d301d9c739da'],
    [700, true, 281_922_093_224n, 40_493_771_435n, 'bce4cdcb2a57e352'],
    [4000, false, 131_474_683_529n, 906_493_715_375n, 'c2cf8dead5ba3c90'],
    [0, true, 399_389_632_940n, 57_828_596_495n, '1098c08b4f095c6e'],
  ],
  'SOL/USDC, variant 3': [
    [0, false, 111_221_121_958n, 775_338_677_601n, 'c93bd998ff5445af'],
    [5, true, 120_575_896_173n, 17_281_002_195n, '7548036fc72346b4'],
    [29, true, 535_892_872_256n, 76_469_834_378n, '287c614d5b8ceb1b'],
    [31, false, 667_405n, 4_668_848n, '9ef63b23ab02d248'],
    [300, false, 166_831_681_849n, 1_158_459_279_667n, '64781d3a74d85297'],
    [700, false, 39_254_514_314n, 270_406_909_911n, 'c8f2f06f7464f41b'],
    [4000, false, 133_465_345_696n, 909_365_513_845n, '0a6aff7a768db761'],
    [0, false, 55_610_561_417n, 371_780_488_062n, 'c699caa534d13ea0'],
  ],
  'mints the other way round': [
    [0, false, 132_802_028_351n, 940_992_520_180n, '8a427030a09884ff'],
    [5, false, 19_920_305_012n, 140_886_357_799n, '0347a5286cc7b5a4'],
    [29, false, 88_534_686_094n, 625_063_946_857n, 'cb59c1eecdc4f95f'],
    [31, true, 5_508_245n, 781_049n, 'bc93d46cc0e52db0'],
    [300, true, 1_376_910_270_667n, 194_573_004_400n, 'd63f85d1e0619e14'],
    [700, true, 323_978_888_136n, 45_639_041_968n, 'd3379994ff441732'],
    [4000, false, 159_362_434_195n, 1_128_799_700_695n, 'dd14710c6ce2f6cf'],
    [0, true, 458_970_090_562n, 64_819_622_193n, '013c5c31a69404df'],
  ],
  'a dear fee': [
    [0, true, 116_531_884_463n, 16_277_344_633n, '3767bc80ea774962'],
    [5, true, 17_479_783_207n, 2_415_432_637n, '939278af541dac51'],
    [29, true, 77_687_923_694n, 10_669_141_655n, 'f65d64463e3b2871'],
    [31, true, 699_247n, 95_496n, '648625c0765e2ffb'],
    [300, false, 25_249_253_343n, 178_271_530_651n, '3bdc004de7acf8fa'],
    [700, true, 41_128_901_172n, 5_749_791_281n, '224751fa84af45ea'],
    [4000, false, 20_199_403_048n, 140_392_156_733n, '11ea8b1228a9c0e1'],
    [0, false, 8_416_417_830n, 57_536_814_606n, '42369da8bbf2a039'],
  ],
  'a mint of no decimals': [
    [0, false, 9_153_480n, 129_706_580_993n, 'ce2bee6e8cc79690'],
    [5, false, 1_373_552n, 19_349_383_533n, '19189c5fac60ce48'],
    [29, false, 6_103_082n, 85_605_315_758n, '49b5adaa9fa38728'],
    [31, true, 766_885n, 54n, '46643acfbfd19611'],
    [300, true, 191_692_007_481n, 13_526_884n, 'b0da7d2cc4d02321'],
    [700, false, 3_230_744n, 45_774_824_786n, '8369c7b06b88bc7b'],
    [4000, false, 10_984_241n, 154_383_499_755n, '50365d1ee1a53fac'],
    [0, true, 63_897_336_496n, 4_536_039n, '392e993c3d683985'],
  ],
};

function bytesOf(accounts: ReadonlyMap<Address, AccountBytes>): string {
  const hash = createHash('sha256');
  for (const address of [...accounts.keys()].sort()) {
    const account = accounts.get(address)!;
    if (account.owner === CLMM_PROGRAM) hash.update(account.data);
  }
  return hash.digest('hex').slice(0, 16);
}

describe('what the program did, swap after swap, to the last byte', () => {
  const traced = CONTRACT_CASES.filter((pool) => TRACES[pool.name] !== undefined);

  test.each(traced.map((pool) => [pool.name, pool] as const))('%s', (name, pool) => {
    const made = contractPool(raydiumClmm, pool);
    const accounts = new Map(made.accounts);
    let now = CONTRACT_CLOCK.unixTimestamp;
    for (const [pause, aToB, amountIn, amountOut, bytes] of TRACES[name]!) {
      now += pause;
      const state = loadOrThrow(raydiumClmm, made.address, chainOf(accounts));
      const settled = settle(state, aToB, amountIn, { ...CONTRACT_CLOCK, unixTimestamp: now });
      if (!settled.ok) throw new Error(settled.reason);
      expect(settled.amountOut).toBe(amountOut);
      for (const written of write(settled.state, chainOf(accounts))) {
        accounts.set(written.address, written.account);
      }
      expect(bytesOf(accounts)).toBe(bytes);
    }
  });
});
