/** The prime of the field, 2^255 - 19. */
const P = (1n << 255n) - 19n;
/** The curve's d: -121665 / 121666. */
const D = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n;

/**
 * True when the 32 bytes decode to a point of ed25519 as RFC 8032 says: y below the prime, and an x with
 * x^2 = (y^2 - 1) / (d y^2 + 1). Whether that has a root is told by a Jacobi symbol, a fifth of what taking the root
 * costs: a pool that loads asks for some ten addresses, each of two hashes on average (`bench feed.replay-apply`).
 */
export function isEd25519Point(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 32);
  const top = view.getBigUint64(24, true);
  const y =
    ((top & 0x7fff_ffff_ffff_ffffn) << 192n) |
    (view.getBigUint64(16, true) << 128n) |
    (view.getBigUint64(8, true) << 64n) |
    view.getBigUint64(0, true);
  if (y >= P) return false;
  const square = (y * y) % P;
  const numerator = square - 1n;
  // x is 0, which has no sign.
  if (numerator === 0n) return top >> 63n === 0n;
  const denominator = (D * square + 1n) % P;
  // A quotient is a square exactly when the product is one; the denominator is never 0, for -1/d is no square.
  return jacobi((((numerator * denominator) % P) + P) % P, P) === 1;
}

/** The Jacobi symbol of a over the odd n: 1, -1, or 0 where they share a factor. */
function jacobi(a: bigint, n: bigint): number {
  let [top, bottom] = [a, n];
  let sign = 1;
  while (top !== 0n) {
    const zeros = trailingZeros(top);
    top >>= BigInt(zeros);
    const low = Number(bottom & 7n);
    if (zeros % 2 === 1 && (low === 3 || low === 5)) sign = -sign;
    if ((low & 3) === 3 && (top & 3n) === 3n) sign = -sign;
    [top, bottom] = [bottom % top, top];
  }
  return bottom === 1n ? sign : 0;
}

function trailingZeros(value: bigint): number {
  let zeros = 0;
  for (let rest = value; ; rest >>= 30n) {
    const word = Number(rest & 0x3fff_ffffn);
    if (word !== 0) return zeros + 31 - Math.clz32(word & -word);
    zeros += 30;
  }
}
