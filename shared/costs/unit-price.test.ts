import { expect, it } from 'vitest';
import type { CostModel } from './costs.ts';
import { createUnitPrice } from './unit-price.ts';

const MAX_AGE = 5;

function priced() {
  const set: (bigint | undefined)[] = [];
  const setUnitPrice: CostModel['setUnitPrice'] = (price) => void set.push(price);
  const model = { setUnitPrice } as unknown as CostModel;
  return { price: createUnitPrice(model, MAX_AGE), set };
}

it('counts for its slots, and is forgotten once with the next one', () => {
  const { price, set } = priced();
  price.take(7n, 10);
  for (let slot = 11; slot <= 10 + MAX_AGE; slot++) price.beginSlot(slot);
  expect(set).toEqual([7n]);
  price.beginSlot(11 + MAX_AGE);
  expect(set).toEqual([7n, undefined]);
  price.beginSlot(12 + MAX_AGE);
  price.forget();
  expect(set).toEqual([7n, undefined]);
});

it('counts from the slot of the last one that was told', () => {
  const { price, set } = priced();
  price.take(7n, 10);
  price.take(0n, 12);
  price.beginSlot(12 + MAX_AGE);
  expect(set).toEqual([7n, 0n]);
  price.forget();
  expect(set).toEqual([7n, 0n, undefined]);
});

it('is taken neither while no slot is known, nor below nothing', () => {
  const { price, set } = priced();
  price.take(7n, 0);
  price.take(-1n, 10);
  price.beginSlot(1_000);
  price.forget();
  expect(set).toEqual([]);
});
