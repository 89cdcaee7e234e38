/** The largest integer whose square is at most `value`, which is not negative. */
export function integerSqrt(value: bigint): bigint {
  if (value < 2n) return value;
  // Newton from above: a start of at least the root falls until it stands at it.
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  while (true) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
