import { PublicKey } from '@solana/web3.js';
import { describe, expect, it } from 'vitest';
import { addressBytes, findProgramAddress, TOKEN_PROGRAM, USDC_MINT, WSOL_MINT } from './address.ts';

describe('a program-derived address', () => {
  const bytes = addressBytes(WSOL_MINT);
  const cases = [0, 1, 2, 3, 250].flatMap((last) =>
    [TOKEN_PROGRAM, USDC_MINT].map((program) => ({
      seeds: [bytes, Uint8Array.of(200, last), bytes.subarray(0, last % 32)],
      program,
    })),
  );

  it('is that of the reference library, asked for the first time and again', () => {
    for (let time = 0; time < 2; time++) {
      for (const { seeds, program } of cases) {
        const [key, bump] = PublicKey.findProgramAddressSync(seeds, new PublicKey(program));
        expect(findProgramAddress(seeds, program)).toEqual({ address: key.toBase58(), bump });
      }
    }
  });

  it('follows seeds whose memory is written again', () => {
    const seed = Uint8Array.of(1);
    const first = findProgramAddress([seed], TOKEN_PROGRAM);
    seed[0] = 2;
    expect(findProgramAddress([seed], TOKEN_PROGRAM)).not.toEqual(first);
    seed[0] = 1;
    expect(findProgramAddress([seed], TOKEN_PROGRAM)).toEqual(first);
  });
});
