import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { CONTRACT_CASES, CONTRACT_CLOCK, chainOf, contractPool, loadOrThrow } from '../contract.ts';
import { arrayAddressOf, swapArrayStarts } from './accounts.ts';
import { orcaWhirlpool } from './index.ts';
import { WHIRLPOOL_PROGRAM } from './layout.ts';
import { encodeFixedTickArray } from './local/encode-arrays.ts';
import { write } from './local/write.ts';
import { quote } from './quote.ts';
import { settle } from './settle.ts';

/**
 * What the program's own binary (sha256 a252cd86…dcedb65) did to the pools of the contract tests, one swap after
 * the other: seconds since the last, direction, amount in, amount out (null: it failed), and the beginning of the
 * sha256 over the bytes that all of its accounts then had. They hold for the pools as `synthesize` makes them; when
 * it makes others, the program has to be asked again.
 */
type Swap = readonly [
  pause: number,
  aToB: boolean,
  amountIn: bigint,
  amountOut: bigint | null,
  bytes: string,
];

const TRACES: Readonly<Record<string, readonly Swap[]>> = {
  'SOL/USDC, variant 0': [
    [0, true, 1_666_666_666_664n, 233_710_689_103n, 'e420183d4804ce63'],
    [5, true, 166_666_666_667n, 23_030_601_172n, '32668cb2618cd640'],
    [29, true, 976_190_476_189n, 132_708_082_752n, 'fc8d35bbe8649a48'],
    [31, false, 3_327_860n, 24_777_508n, '733ff9d7a1fd6179'],
    [300, false, 166_394_641_788n, 1_213_755_448_589n, 'd795314997f2807b'],
    [700, true, 599_613_053_038n, 82_554_272_095n, '6dc32d94359832b6'],
    [4000, false, 416_629_653_268n, 2_952_081_675_979n, 'd5ba4b29ed40655e'],
    [0, true, 848_654_992_095n, 121_130_295_168n, '2f9464118d3f1466'],
  ],
  'SOL/USDC, variant 1': [
    [0, true, 1_666_666_666_664n, 233_355_299_715n, '5187aa863db069e4'],
    [5, false, 11_698_807_557n, 83_959_958_423n, '7cb969e1770aec02'],
    [29, false, 68_521_587_118n, 489_991_065_397n, 'b878270f48e8df6b'],
    [31, false, 5_481_727n, 39_051_244n, '5f2248b7ae102935'],
    [300, true, 3_046_338_295_796n, 404_031_953_674n, 'c0d742234e4f00c8'],
    [700, false, 13_104_202_273n, 104_973_426_606n, 'bb9fadc584e8a526'],
    [4000, true, 9_034_041_460_782n, null, 'bb9fadc584e8a526'],
    [0, false, 31_450_085_454n, 247_648_520_642n, '368f3717de5efadf'],
  ],
  'SOL/USDC, variant 2': [
    [0, true, 1_666_666_666_664n, 233_612_101_970n, '1ba65a302695db2c'],
    [5, false, 12_065_636_159n, 86_802_704_991n, '752705e78a4f7cda'],
    [29, false, 70_670_154_645n, 505_528_678_540n, 'df31e8f01a4ef2bc'],
    [31, false, 5_653_613n, 40_278_065n, '59014339023b5a20'],
    [300, false, 282_683_445_384n, 1_983_168_565_553n, '8044efa2153726ed'],
    [700, true, 371_920_585_410n, 53_412_377_341n, 'd486481a3d8dd06c'],
    [4000, false, 794_637_958_811n, null, 'd486481a3d8dd06c'],
    [0, true, 892_609_404_984n, 126_937_661_970n, '2c9c1323274bbc90'],
  ],
  'SOL/USDC, variant 3': [
    [0, false, 237_994_578_768n, 1_644_817_754_392n, '46f5359341dac3f2'],
    [5, false, 23_799_457_877n, 161_135_352_127n, '365a28e6891e7677'],
    [29, true, 456_292_413_354n, 66_437_381_613n, 'c5a5f5c869c79ad2'],
    [31, true, 36_503_394n, 5_292_002n, '2c272b088aaa1f38'],
    [300, true, 1_825_187_905_111n, 260_406_200_624n, '63bfd55f55ba25b8'],
    [700, true, 497_778_519_576n, 69_925_383_434n, '69bb22ffc0a58fe3'],
    [4000, false, 579_003_515_274n, 3_952_180_825_486n, '3cbcb5c5c299aff0'],
    [0, true, 404_232_281_885n, 60_611_345_411n, '668a66a51cbcf18b'],
  ],
  'mints the other way round': [
    [0, false, 299_788_481_732n, 2_117_930_700_185n, '96b0e9514f740e94'],
    [5, false, 29_978_848_174n, 210_098_220_720n, 'c1c5b8f245c0b935'],
    [29, false, 175_590_396_443n, 1_221_350_703_946n, 'a603eaf31abbf49b'],
    [31, false, 14_047_232n, 96_933_583n, '2f48738ca050b103'],
    [300, false, 702_368_609_388n, null, '2f48738ca050b103'],
    [700, false, 127_703_383_525n, 872_762_431_564n, '05e4df88067c0602'],
    [4000, true, 1_967_761_009_996n, 285_012_492_761n, '596c313c15cee237'],
    [0, false, 249_485_621_908n, 1_725_802_662_866n, '7094f4467a8b5148'],
  ],
  'a dear fee': [
    [0, true, 266_666_666_666n, 36_733_667_815n, 'd84e1251ac2ec135'],
    [5, true, 26_666_666_667n, 3_566_132_135n, 'b42be799482d47f4'],
    [29, true, 156_190_476_191n, 20_313_913_876n, '74b21b23c0e56113'],
    [31, false, 471_348n, 3_617_355n, '48dbf4056911d746'],
    [300, true, 624_760_096_084n, null, '48dbf4056911d746'],
    [700, false, 4_285_020_569n, 32_754_552_330n, 'e54d237bfef518d0'],
    [4000, true, 1_216_765_639_837n, null, 'e54d237bfef518d0'],
    [0, true, 243_353_127_968n, 29_583_062_781n, 'f780a8687763a6d6'],
  ],
  'a mint of no decimals': [
    [0, false, 21_864_990n, 307_277_699_174n, '2572e5044b2e72b5'],
    [5, true, 14_818_057_517n, 1_063_140n, 'd04c6f07b32545e4'],
    [29, false, 12_342_403n, 168_999_100_691n, 'c2802f7745b6a8d6'],
    [31, false, 988n, 13_300_813n, '48dfddaaa2d30b8d'],
    [300, false, 49_370_105n, null, '48dfddaaa2d30b8d'],
    [700, false, 8_976_383n, 119_387_608_797n, '25a981cfdc70b067'],
    [4000, true, 319_140_347_894n, 23_393_443n, '0552af642201eae2'],
    [0, true, 127_656_139_158n, 9_062_641n, '63f83b5c1f40bb57'],
  ],
  'a transfer fee on A': [
    [0, true, 53_333_333_330n, 1_313_346_934_029n, 'bb14f664c349e9dc'],
    [5, true, 5_333_333_333n, 129_358_491_764n, '30ef3ed7e5b38af7'],
    [29, true, 31_238_095_236n, 744_495_751_226n, '6e09ed974d9e6fd5'],
    [31, false, 19_274_373n, 813_187n, '386ab501f6c0ad01'],
    [300, false, 963_728_235_172n, 40_026_034_080n, '4dd191c4e7076fc7'],
    [700, false, 262_834_882_320n, 10_696_093_862n, 'a00a8fcf194771ae'],
    [4000, true, 199_181_820_759n, null, 'a00a8fcf194771ae'],
    [0, false, 630_803_517_567n, 25_455_475_487n, '1cf3ef8b0b2bc427'],
  ],
  'a transfer fee on B': [
    [0, false, 1_225_172_982_746n, 317_525_204_991n, 'fcc9ea4dd104e431'],
    [5, true, 17_061_869_875n, 66_259_825_699n, 'ab3ffa9ef374ee06'],
    [29, true, 99_933_809_268n, 385_987_648_585n, '1b4ae9f3ac659129'],
    [31, true, 7_994_705n, 30_605_035n, '881828eeb848f427'],
    [300, false, 2_224_205_348_934n, 551_547_838_943n, '70e86c83f26953c0'],
    [700, true, 22_539_148_173n, 95_848_473_559n, 'a070a9085b957584'],
    [4000, true, 270_469_778_076n, 1_106_815_988_572n, 'bb350a62571ba46d'],
    [0, false, 1_093_989_716_935n, 265_861_398_710n, '915d98a498fb42a7'],
  ],
};

function bytesOf(accounts: ReadonlyMap<Address, AccountBytes>): string {
  const hash = createHash('sha256');
  for (const address of [...accounts.keys()].sort()) {
    const account = accounts.get(address)!;
    if (account.owner === WHIRLPOOL_PROGRAM) hash.update(account.data);
  }
  return hash.digest('hex').slice(0, 16);
}

describe('what the program did, swap after swap, to the last byte', () => {
  test.each(CONTRACT_CASES.map((pool) => [pool.name, pool] as const))('%s', (name, pool) => {
    const made = contractPool(orcaWhirlpool, pool);
    const accounts = new Map(made.accounts);
    let now = CONTRACT_CLOCK.unixTimestamp;
    for (const [pause, aToB, amountIn, amountOut, bytes] of TRACES[name]!) {
      now += pause;
      const state = loadOrThrow(orcaWhirlpool, made.address, chainOf(accounts));
      const settled = settle(state, aToB, amountIn, { ...CONTRACT_CLOCK, unixTimestamp: now });
      expect(settled.ok ? settled.amountOut : null).toBe(amountOut);
      if (settled.ok) {
        for (const written of write(settled.state, chainOf(accounts))) {
          accounts.set(written.address, written.account);
        }
      }
      expect(bytesOf(accounts)).toBe(bytes);
    }
  });
});

describe('an initialized tick at the very end of the third array', () => {
  test('is as far as a swap goes: one unit more and the program fails', () => {
    const { state, accounts, address } = contractPool(orcaWhirlpool, CONTRACT_CASES[0]!);
    const last = swapArrayStarts(state.tickIndex, state.tickSpacing, false)[2]!;
    const ticks = new Map([[last + 87 * state.tickSpacing, { net: 0n, gross: 1n }]]);
    const data = encodeFixedTickArray(state.poolBytes, last, state.tickSpacing, ticks);
    const array = { owner: WHIRLPOOL_PROGRAM, lamports: 1n, data };
    const held = new Map([...accounts, [arrayAddressOf(state.addresses, last), array]]);
    const reached = loadOrThrow(orcaWhirlpool, address, chainOf(held));
    expect(quote(reached, false, 764_020_192_502n, CONTRACT_CLOCK)).toMatchObject({
      amountOut: 4_749_198_791_650n,
    });
    expect(quote(reached, false, 764_020_192_503n, CONTRACT_CLOCK).ok).toBe(false);
  });
});
