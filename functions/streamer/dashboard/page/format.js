/**
 * Text for figures. Amounts are formatted from their decimal strings, digit by digit: no float ever holds one.
 */

/**
 * @typedef {object} AmountText
 * @property {string} head Sign, whole part and the digits that matter.
 * @property {string} zeros The zeros that pad it to the token's decimals.
 * @property {-1 | 0 | 1} sign
 */

/**
 * `raw` base units as whole tokens, exact, padded to the token's decimals so that columns line up.
 * @param {string} raw
 * @param {number} decimals
 * @param {boolean} [signed] Write + before a gain.
 * @returns {AmountText}
 */
export function amountText(raw, decimals, signed = false) {
  const negative = raw.startsWith('-');
  const digits = (negative ? raw.slice(1) : raw).padStart(decimals + 1, '0');
  const cut = digits.length - decimals;
  const whole = groupDigits(digits.slice(0, cut));
  const fraction = digits.slice(cut);
  const matter = fraction.replace(/0+$/, '');
  const zero = /^0*$/.test(digits);
  const mark = zero ? '' : negative ? '−' : signed ? '+' : '';
  const zeros = fraction.slice(matter.length);
  return {
    head: `${mark}${whole}${matter === '' ? '' : `.${matter}`}`,
    zeros: matter === '' && zeros !== '' ? `.${zeros}` : zeros,
    sign: zero ? 0 : negative ? -1 : 1,
  };
}

/** @param {string} whole */
function groupDigits(whole) {
  return whole.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** @param {number} value */
export function countText(value) {
  return Math.round(value).toLocaleString('en-US');
}

/** @param {number} perSecond */
export function rateText(perSecond) {
  return perSecond >= 100 ? countText(perSecond) : perSecond.toFixed(1);
}

/** @param {number} micros */
export function microsText(micros) {
  if (micros <= 0) return '0 µs';
  if (micros < 10) return `${micros.toFixed(1)} µs`;
  if (micros < 1_000) return `${Math.round(micros)} µs`;
  if (micros < 1_000_000) return `${threeDigits(micros / 1_000)} ms`;
  return `${threeDigits(micros / 1_000_000)} s`;
}

/** @param {number} value */
function threeDigits(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/**
 * How long ago, in the unit a person would use.
 * @param {number} ms
 */
export function ageText(ms) {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.floor(seconds)} s`;
  if (seconds < 6_000) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3_600)} h`;
}

/**
 * A running time: `4:07`, `1:04:07`, `2 d 01:04`.
 * @param {number} ms
 */
export function durationText(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3_600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days > 0) return `${days} d ${twoDigits(hours)}:${twoDigits(minutes)}`;
  const rest = `${twoDigits(minutes)}:${twoDigits(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/**
 * The local time of day.
 * @param {number} atMs
 */
export function clockText(atMs) {
  const at = new Date(atMs);
  return `${twoDigits(at.getHours())}:${twoDigits(at.getMinutes())}:${twoDigits(at.getSeconds())}`;
}

/** @param {number} value */
function twoDigits(value) {
  return String(value).padStart(2, '0');
}

/** @param {number} bytes */
export function bytesText(bytes) {
  const megabytes = bytes / 1_000_000;
  return megabytes < 1_000 ? `${Math.round(megabytes)} MB` : `${(megabytes / 1_000).toFixed(2)} GB`;
}

/**
 * @param {number} part
 * @param {number} whole
 */
export function percentText(part, whole) {
  if (whole === 0) return '–';
  const percent = (100 * part) / whole;
  if (part > 0 && percent < 0.1) return '< 0.1%';
  if (part < whole && percent > 99.9) return '> 99.9%';
  return `${percent.toFixed(1)}%`;
}

/**
 * SOL for the plot's axis and readout.
 * @param {number} sol
 * @param {number} digits
 */
export function solText(sol, digits) {
  const text = Math.abs(sol).toFixed(digits);
  return Number(text) === 0 ? text : `${sol < 0 ? '−' : '+'}${text}`;
}

const ACRONYMS = new Set(['cpmm', 'clmm', 'dlmm', 'damm', 'amm', 'v2', 'v4']);

/**
 * `raydium-cpmm` as people write it.
 * @param {string} id
 */
export function venueText(id) {
  return id
    .split('-')
    .map((word) => (ACRONYMS.has(word) ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1)))
    .join(' ');
}

/**
 * The pools of one hop: `Orca Whirlpool`, or with shares where it is split: `Raydium CPMM 72 % + Meteora DLMM 28 %`.
 * @param {readonly { venue: string, percent: number }[]} hop
 */
export function hopText(hop) {
  if (hop.length === 1) return hop.map(({ venue }) => venueText(venue)).join('');
  return hop.map(({ venue, percent }) => `${venueText(venue)} ${percent} %`).join(' + ');
}
