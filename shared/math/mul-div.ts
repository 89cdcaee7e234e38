/** `a * b / d` rounded down. All non-negative, `d` > 0. */
export function mulDivDown(a: bigint, b: bigint, d: bigint): bigint {
  return (a * b) / d;
}

/** `a * b / d` rounded up. All non-negative, `d` > 0. */
export function mulDivUp(a: bigint, b: bigint, d: bigint): bigint {
  return (a * b + d - 1n) / d;
}

/** `a / d` rounded up. Non-negative, `d` > 0. */
export function divUp(a: bigint, d: bigint): bigint {
  return (a + d - 1n) / d;
}
