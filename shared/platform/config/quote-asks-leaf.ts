import { type Address, isAddress } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import type { QuoteAsk } from '../../routing/sizing/best-quote.ts';
import { boundedJsonOrText } from '../files/bounded-json.ts';
import { checkAmount, type KeySummary, keyWithDefault, labels } from './leaf.ts';

/** Quotes to ask for, none twice; an empty list is allowed. Text form: `MINT_IN:MINT_OUT:AMOUNT,…`, or JSON. */
export function quoteAsksKey(options: KeySummary & { readonly default: readonly QuoteAsk[] }) {
  const notes = {
    ...labels(options),
    allowed: 'a list of {"mintIn": MINT, "mintOut": MINT, "amountIn": BASE UNITS}, none twice',
    fromText: asksFromText,
    placeholder: 'MINT:MINT:AMOUNT,…',
  };
  return keyWithDefault(checkAsks, notes, options.default);
}

function checkAsks(value: unknown): Outcome<readonly QuoteAsk[], 'bad-value'> {
  if (!Array.isArray(value)) return refusal('bad-value');
  const asks: QuoteAsk[] = [];
  for (const item of value as unknown[]) {
    const ask = checkAsk(item);
    if (!ask.ok) return ask;
    const { mintIn, mintOut, amountIn } = ask.value;
    if (asks.some((one) => one.mintIn === mintIn && one.mintOut === mintOut && one.amountIn === amountIn)) {
      return refusal('bad-value', `${amountIn} of ${mintIn} for ${mintOut} stands there twice`);
    }
    asks.push(ask.value);
  }
  return success(asks);
}

function checkAsk(item: unknown): Outcome<QuoteAsk, 'bad-value'> {
  const shown = JSON.stringify(item);
  if (typeof item !== 'object' || item === null) return refusal('bad-value', `${shown} is not an object`);
  const { mintIn, mintOut, amountIn, ...others } = item as Record<string, unknown>;
  const [unknownKey] = Object.keys(others);
  if (unknownKey !== undefined)
    return refusal('bad-value', `a quote has no key ${JSON.stringify(unknownKey)}`);
  const from = mintOf(mintIn);
  const to = mintOf(mintOut);
  if (from === undefined || to === undefined || from === to) {
    return refusal('bad-value', `${shown} does not name two different mints`);
  }
  const amount = checkAmount(amountIn);
  if (!amount.ok || amount.value === 0n) return refusal('bad-value', `the amount of ${shown} is no amount`);
  return success({ mintIn: from, mintOut: to, amountIn: amount.value });
}

function mintOf(value: unknown): Address | undefined {
  return typeof value === 'string' && isAddress(value) ? value : undefined;
}

function asksFromText(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed.startsWith('[')) {
    return boundedJsonOrText(trimmed);
  }
  if (trimmed === '') return [];
  return trimmed.split(',').map((item) => {
    const [mintIn, mintOut, amountIn, ...more] = item.split(':').map((part) => part.trim());
    return more.length > 0 ? item : { mintIn, mintOut, amountIn };
  });
}
