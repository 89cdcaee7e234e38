import { describe, expect, it } from 'vitest';
import { createTipAccounts, jitoTipAccounts } from './tip-accounts.ts';

/** As Jito lists them. */
const LISTED = [
  '96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5',
  'HFqU5x63VTqvQss8hp11i4wVV8bD44PvwucfZ2bU7gRe',
  'Cw8CFyM9FkoMi7K7Crf6HNQqf4uEMzpKw6QNghXLvLkY',
  'ADaUMid9yfUytqMBgopwjb2DTLSokTSzL1zt6iGPaS49',
  'DfXygSm4jCyNCybVYYK6DwvWqjKee8pbDmJGcLWNDXjh',
  'ADuUkR4vqLUMWXxW9gh6D6L8pMSawimctcNZ5pGwDcEt',
  'DttWaMuVvTiduZRnguLF7jNxTgiMBZ1hyAumKUiL2KRL',
  '3AVi9Tg9Uo68tJfuvoKvqKNWKkC5wPdSSdeBnizKZ6jT',
];
const STRANGER = '4ACfpUFoaSD9bfPdeu6DBt89gB6ENTeHBXCAi87NhDEE';

describe('the tip accounts of a relay', () => {
  it('of Jito are those that its program alone can have', () => {
    expect([...jitoTipAccounts()].sort()).toEqual([...LISTED].sort());
  });

  it('never become those of somebody who answers in its name', () => {
    const tips = createTipAccounts(jitoTipAccounts());
    tips.told([STRANGER]);
    expect(tips.has(STRANGER)).toBe(false);
    expect(tips.accounts).toHaveLength(8);
    expect(tips).toMatchObject({ strangers: [STRANGER], refused: 1 });
    tips.told([STRANGER, LISTED[0]]);
    expect(tips.accounts).toEqual([LISTED[0]]);
    expect(tips).toMatchObject({ strangers: [STRANGER], refused: 1 });
  });

  it('are dropped and taken back as the relay tells', () => {
    const tips = createTipAccounts(jitoTipAccounts());
    tips.told(LISTED.slice(2));
    expect(tips.has(LISTED[0]!)).toBe(false);
    tips.told(LISTED);
    expect(tips.has(LISTED[0]!)).toBe(true);
    expect(tips.strangers).toEqual([]);
  });

  it.each([[[]], [[null, 7, {}, 'x', '1'.repeat(45)]]])('stay when the relay tells %j', (list) => {
    const tips = createTipAccounts(jitoTipAccounts());
    tips.told(list);
    expect(tips.accounts).toHaveLength(8);
    expect(tips.refused).toBe(1);
  });
});
