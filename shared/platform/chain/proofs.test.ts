import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import { createProofs, PROOFS_FILE, proofHolds, type VenueProof } from './proofs.ts';

const PROOF: VenueProof = {
  venue: 'b-venue',
  programId: USDC_MINT,
  programDataHash: 'ab'.repeat(32),
  otherPrograms: [{ programId: WSOL_MINT, programDataHash: 'cd'.repeat(32) }],
  date: '2026-11-22T23:00:00.000Z',
  pools: [WSOL_MINT],
  samples: 10,
  equal: 10,
  paid: 8,
};

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'proofs-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('the proofs of a data directory', () => {
  test('are none before the first, and nothing is made to say so', () => {
    const proofs = createProofs(join(folder, 'absent'));
    expect(proofs.all()).toEqual([]);
    expect(proofs.of('b-venue')).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('are kept one a venue, the last one, for every reader of the directory', () => {
    const dir = join(folder, 'made', 'here');
    createProofs(dir).record([PROOF, { ...PROOF, venue: 'a-venue' }]);
    createProofs(dir).record([{ ...PROOF, equal: 9 }]);
    const proofs = createProofs(dir);
    expect(proofs.of('b-venue')).toEqual({ ...PROOF, equal: 9 });
    expect(proofs.all().map(({ venue }) => venue)).toEqual(['a-venue', 'b-venue']);
    expect(readdirSync(dir)).toEqual([PROOFS_FILE]);
  });

  test('hold when all samples are equal and some paid', () => {
    expect(proofHolds(PROOF)).toBe(true);
    expect(proofHolds({ ...PROOF, equal: 9 })).toBe(false);
    expect(proofHolds({ ...PROOF, paid: 0 })).toBe(false);
    expect(proofHolds({ ...PROOF, samples: 0, equal: 0, paid: 0 })).toBe(false);
  });

  test.each([
    ['no JSON', '{"version": 1,', /is not JSON/],
    ['another version', '{"version": 2, "proofs": []}', /damaged at version: is of another version/],
    [
      'a hash that is none',
      JSON.stringify({ version: 1, proofs: [{ ...PROOF, programDataHash: 'xy' }] }),
      /proofs\.0\.programDataHash: must be a sha256/,
    ],
  ])('that are %s are refused with the path and the way out, and not overwritten', (_, text, message) => {
    const path = join(folder, PROOFS_FILE);
    writeFileSync(path, text);
    const proofs = createProofs(folder);
    expect(() => proofs.all()).toThrow(message);
    expect(() => proofs.record([PROOF])).toThrow(new RegExp(`${PROOFS_FILE}.*delete it and run arb prove`));
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('say which file cannot be written', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => createProofs(join(folder, 'file')).record([PROOF])).toThrow(/cannot (read|write) .*file/);
  });
});
