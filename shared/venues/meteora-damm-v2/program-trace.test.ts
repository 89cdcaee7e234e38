import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ChainClock } from '../../core/clock.ts';
import { accountsAfter, CONTRACT_CASES, CONTRACT_CLOCK, contractPool } from '../contract.ts';
import { meteoraDammV2 } from './index.ts';

/**
 * What the program did on the pools that `synthesize` makes: executed in LiteSVM 1.5.0 by the binary of
 * MeteoraAg/damm-v2-sdk@1872ee3 (sha256 171e53bb…93cb1b1), one swap after another.
 */
type Swap = readonly [
  aToB: boolean,
  seconds: number,
  amountIn: bigint,
  amountOut: bigint,
  poolSha256: string,
];

const TRACE: readonly { readonly pool: string; readonly variant: number; readonly swaps: readonly Swap[] }[] =
  [
    {
      pool: 'SOL/USDC, variant 0',
      variant: 0,
      swaps: [
        [true, 0, 5_000_000_000n, 709_261_363n, 'b3a7e90796a056a7'],
        [false, 3, 2_370_129_869n, 16_586_337_200n, 'a0f7f9abf617d332'],
        [false, 18, 35_670_454_524n, 236_947_674_282n, '77dc07ba07f2f6ea'],
        [true, 418, 678_690_080_642n, 93_400_855_813n, '41631618e87f7354'],
        [true, 419, 54_296n, 6_537n, '676de9f6e5ba242d'],
      ],
    },
    {
      pool: 'SOL/USDC, variant 0',
      variant: 1,
      swaps: [
        [true, 0, 5_000_000_001n, 709_614_116n, 'ea63525e4d54c259'],
        [false, 3, 2_370_128_686n, 16_597_416_036n, '86138311bdf4ef94'],
        [false, 18, 35_670_140_451n, 243_300_298_603n, 'a542333cca8fff03'],
        [true, 418, 677_871_755_052n, 94_757_347_710n, '9b8df2efdba94fba'],
        [true, 419, 54_230n, 7_083n, 'bf20fc9cf5cc6c84'],
      ],
    },
    {
      pool: 'SOL/USDC, variant 0',
      variant: 2,
      swaps: [
        [true, 0, 5_000_000_001n, 709_259_664n, 'df4067869e658f6a'],
        [false, 3, 2_370_132_243n, 16_586_473_677n, '0aca43a6b1ced4ac'],
        [false, 18, 35_670_312_485n, 236_977_739_648n, '3914aeb1331e57cb'],
        [true, 418, 678_776_540_954n, 93_370_575_494n, '0361c8093a8ecacd'],
        [true, 419, 54_303n, 6_535n, 'c5771741ff4632d3'],
      ],
    },
    {
      pool: 'SOL/USDC, variant 0',
      variant: 3,
      swaps: [
        [true, 0, 5_000_000_001n, 709_615_816n, '7daef715b68ef723'],
        [false, 3, 2_370_128_686n, 16_597_347_431n, '1fd1bfbd896de605'],
        [false, 18, 35_670_436_720n, 243_285_447_048n, '2f186607b9956781'],
        [true, 418, 677_780_838_600n, 94_781_134_151n, '7c42481426ee4961'],
        [true, 419, 54_223n, 7_085n, 'b85a595bd23377f2'],
      ],
    },
    {
      pool: 'SOL/USDC, variant 0',
      variant: 4,
      swaps: [
        [true, 0, 5_000_000_000n, 709_259_664n, '841d2fa5f2d09aa4'],
        [false, 3, 2_370_129_869n, 16_586_335_604n, 'ba049793196485b6'],
        [false, 18, 35_670_454_524n, 236_947_554_086n, 'f17aa3ff26c82831'],
        [true, 418, 678_690_080_642n, 93_377_527_228n, '02200173d9bc405c'],
        [true, 419, 54_296n, 6_534n, 'cdf089cdb64c3678'],
      ],
    },
    {
      pool: 'SOL/USDC, variant 0',
      variant: 5,
      swaps: [
        [true, 0, 5_000_000_000n, 709_311_710n, 'f6cc72c604c32940'],
        [false, 3, 2_370_129_869n, 16_587_648_455n, '06d3f5777b527c3d'],
        [false, 18, 35_670_166_649n, 236_993_820_988n, '3d243d6b4c399791'],
        [true, 418, 678_774_075_732n, 93_395_927_180n, '29a75c3feb424e32'],
        [true, 419, 54_302n, 6_537n, '8e83f70b16f0153d'],
      ],
    },
    {
      pool: 'SOL/USDC, variant 0',
      variant: 6,
      swaps: [
        [true, 0, 5_000_000_000n, 709_261_363n, '1ab127a596149253'],
        [false, 3, 2_370_129_869n, 16_566_617_168n, '3370c66d1fb64fc0'],
        [false, 18, 35_670_016_263n, 231_414_917_374n, 'abbd9509d4613ef8'],
        [true, 418, 679_574_066_432n, 93_279_360_551n, '722a491df908f4a8'],
        [true, 419, 54_366n, 6_528n, 'c3c1700cb12225bc'],
      ],
    },
    {
      pool: 'SOL/USDC, variant 0',
      variant: 7,
      swaps: [
        [true, 0, 5_000_000_000n, 709_261_363n, '80758a9745c60d2b'],
        [false, 3, 2_370_129_869n, 16_586_474_960n, '5b8db13217095496'],
        [false, 18, 35_670_158_258n, 236_977_853_952n, 'bb930176d65d08a1'],
        [true, 418, 678_776_524_379n, 93_388_961_001n, '378e69d00f372cdd'],
        [true, 419, 54_303n, 6_536n, '597bd6b55fcf487f'],
      ],
    },
    {
      pool: 'a transfer fee on A',
      variant: 1,
      swaps: [
        [true, 0, 4_000_000_001n, 159_399_981n, '66bb396d7adcfa4b'],
        [false, 3, 532_800_400n, 13_270_288_314n, '5425c39c0c1811a2'],
        [false, 18, 8_018_566_096n, 194_544_049_456n, 'd64615ea3fee8c7a'],
        [true, 418, 542_311_808_891n, 21_290_286_550n, '1c5112f35ccb39fb'],
        [true, 419, 43_385n, 1_583n, 'f508f95b5dbdb8ab'],
      ],
    },
    {
      pool: 'a transfer fee on B',
      variant: 6,
      swaps: [
        [true, 0, 1_000_000_000n, 3_783_815_184n, '83229c45147056ee'],
        [false, 3, 12_654_012_653n, 3_311_405_756n, '67ff83770492cfd5'],
        [false, 18, 190_440_184_517n, 46_260_166_786n, 'c87fc64c3ef8526b'],
        [true, 418, 135_918_346_716n, 497_750_576_617n, '28d20aec476deec4'],
        [true, 419, 10_874n, 34_669n, 'df4abbe906bcfd69'],
      ],
    },
  ];

function clockAfter(seconds: number): ChainClock {
  const { slot, unixTimestamp, epoch } = CONTRACT_CLOCK;
  return { slot: slot + 2 * seconds, unixTimestamp: unixTimestamp + seconds, epoch };
}

describe('the program, byte for byte', () => {
  test.each(TRACE)('on a pool of variant $variant ($pool)', ({ pool, variant, swaps }) => {
    const made = CONTRACT_CASES.find(({ name }) => name === pool)!;
    let current = contractPool(meteoraDammV2, { ...made, variant });
    for (const [aToB, seconds, amountIn, amountOut, poolSha256] of swaps) {
      const settled = meteoraDammV2.settle(current.state, aToB, amountIn, clockAfter(seconds));
      expect(settled).toMatchObject({ ok: true, amountOut, consumedIn: amountIn });
      if (!settled.ok) return;
      const accounts = accountsAfter(meteoraDammV2, current, aToB, settled);
      const { data } = accounts.get(current.address)!;
      expect(createHash('sha256').update(data).digest('hex').slice(0, 16)).toBe(poolSha256);
      current = { ...current, accounts, state: settled.state };
    }
  });
});
