/** What each reason means, for people. A reason not listed here is shown by its own name. */

/** @type {Readonly<Record<string, readonly [title: string, text: string]>>} */
const REASONS = {
  // Search and sizing
  'pool-not-quotable': [
    'Pool not quotable',
    'A pool of the route is between two frames of one swap, or its accounts are incomplete.',
  ],
  'no-marginal-profit': [
    'No edge',
    'Even the smallest amount would come back as less, after the pools’ fees.',
  ],
  'pool-busy': ['Pool busy', 'An order of ours is already under way through one of these pools.'],
  'edge-spent': [
    'Edge already taken',
    'A paper trade has taken this gap; it counts again only after the market has closed it.',
  ],
  'no-capital': ['No capital', 'There is no free balance in the mint the route starts from.'],
  'no-reference-price': [
    'No reference price',
    'Costs cannot be put into the start mint without a price against SOL.',
  ],
  'budget-exhausted': [
    'Search budget spent',
    'The step limit of the sizing was reached before it had found a profit.',
  ],
  'quote-refused': [
    'Quote refused',
    'A pool would not pay for the amount: too small, too large or out of liquidity.',
  ],
  'beyond-accounts': [
    'Too many accounts',
    'The swaps together name more accounts than one transaction may lock.',
  ],
  'beyond-compute': [
    'Too much work',
    'The swaps together would take more compute units than one transaction may use.',
  ],
  'too-small': [
    'Too small',
    'Even all the capital allowed, at the best marginal price, would not earn the costs.',
  ],
  capped: [
    'Not split',
    'The update had more routes than may be sized with split hops: this one was sized without.',
  ],
  conflicting: ['Conflicting', 'A better trade of the same moment uses one of these pools or the capital.'],
  'no-exact-profit': [
    'No profit when exact',
    'Exact integer quotes leave nothing of what the estimate promised.',
  ],
  'below-costs': ['Below costs', 'The profit would not cover fees, tip and the attempts that fail.'],
  // Risk
  'feed-down': ['Feed down', 'The connection is lost: nothing held may be traded on until a fresh snapshot.'],
  'feed-stale': ['Feed stale', 'The newest slot is too old to trade on.'],
  paused: ['Paused', 'Trading is paused.'],
  halted: ['Halted', 'Trading was halted by a safety limit.'],
  'malformed-route': [
    'Not a cycle',
    'Approval found that the swaps are no cycle of the pools named, or more than one transaction may hold.',
  ],
  misstated: [
    'Figures differ',
    'Approval reckoned the amounts, costs or profit again and came to others than the search.',
  ],
  'above-pool-share': ['Too much of a pool', 'A swap would take a larger share of its pool than is allowed.'],
  'above-fee-cap': ['Fee too high', 'The priority fee is above the most that a swap may pay.'],
  'above-max-trade': ['Trade too large', 'It would put in more than one trade may.'],
  'below-min-profit': ['Below minimum profit', 'The net profit is under the configured minimum.'],
  'max-pending': ['Too many under way', 'The limit of trades under way at the same time is reached.'],
  outranked: ['Outranked', 'Another route through the same pool earns more than this one can at most.'],
  'insufficient-balance': ['Balance too low', 'The start mint’s free balance is less than the route needs.'],
  'insufficient-sol': [
    'No SOL for fees',
    'What is free of the wallet’s SOL does not pay the fees, tip and rent of the trade.',
  ],
  'stale-slot': ['Stale slot', 'The opportunity is of a slot that is too old.'],
  approved: ['Approved', 'It passed every limit.'],
  // Fills
  filled: ['Filled', 'The order landed and paid at least its minimum.'],
  'not-included': ['Not included', 'The transaction did not make it into a block.'],
  'state-unknown': ['State unknown', 'The pools at the landing slot are not known, so no fill is claimed.'],
  'below-minimum-out': [
    'Below minimum out',
    'By the landing slot the route paid less than the minimum, so it reverted.',
  ],
  'leg-short': [
    'Leg came up short',
    'By the landing slot one swap paid less than the next one was to spend, so it reverted.',
  ],
  // Quotes
  'zero-amount': ['Zero amount', 'The amount rounds to nothing.'],
  'amount-overflow': ['Amount too large', 'The amount does not fit the program’s integers.'],
  'amount-too-small': ['Amount too small', 'The fees would take all of it.'],
  'no-liquidity': ['No liquidity', 'The pool has nothing to pay with on this side.'],
  'missing-account': ['Account missing', 'An account that the quote must read has not arrived.'],
  'pool-disabled': ['Pool disabled', 'The program does not allow swaps in this pool.'],
  'not-open': ['Not open yet', 'The pool’s opening time is still ahead.'],
  compute: ['Too much work', 'The swap would take more compute units than one transaction may use.'],
  // Loading and feeds
  'venue-not-built': ['Venue not supported', 'This venue’s pools cannot be quoted yet.'],
  'not-this-venue': ['Not this venue', 'The account belongs to another program.'],
  'wrong-length': ['Wrong length', 'The account’s bytes are truncated or of another kind.'],
  'wrong-discriminator': ['Wrong account type', 'The account’s first bytes are not those of a pool.'],
  'unsupported-version': ['Unsupported version', 'The account is of a layout that is not known.'],
  'unsupported-mint': ['Unsupported mint', 'A mint has an extension that cannot be priced exactly.'],
  'vault-unusable': ['Vault unusable', 'A vault is frozen, missing or not the pool’s own.'],
  'inconsistent-accounts': ['Inconsistent accounts', 'The pool’s accounts contradict each other.'],
  duplicate: ['Duplicate frame', 'The same account state arrived twice.'],
  'late-slot': ['Late frame', 'An account state of an earlier slot arrived after a later one.'],
  'unknown-order': ['Unknown order', 'Something was told of an order that this run has not made.'],
  'order-ended': ['Order over', 'Something was told of an order that had ended.'],
  'unknown-account': ['Unknown account', 'An update came for an account that no pool uses.'],
};

/**
 * @param {string} reason
 * @returns {{ title: string, text: string }}
 */
export function reasonText(reason) {
  const known = Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined;
  if (known !== undefined) return { title: known[0], text: known[1] };
  const words = reason.replace(/-/g, ' ');
  return { title: words.charAt(0).toUpperCase() + words.slice(1), text: '' };
}
