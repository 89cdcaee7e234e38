/** Measured by the tests inside the page; each function is sent there whole and may use nothing from here. */

/**
 * Fonts differ between machines; this one then stands for the widest.
 * @param {string} family
 */
export function setFont(family) {
  document.documentElement.style.fontFamily = family;
}

/** Where everything stands that must not move. */
export function places() {
  return [...document.querySelectorAll('.panel, .kpi, .top, .actions button')].map((node) => {
    const { x, y, width, height } = node.getBoundingClientRect();
    return [x, y, width, height].join(' ');
  });
}

/** The page or those of its scrolling boxes whose content is wider than they are. */
export function tooWide() {
  const root = document.documentElement;
  const wide = [...document.querySelectorAll('.scroll')]
    .filter((box) => box.scrollWidth > box.clientWidth)
    .map((box) => `${box.getAttribute('aria-labelledby')}: ${box.scrollWidth} in ${box.clientWidth}`);
  if (root.scrollWidth > root.clientWidth) wide.push(`page: ${root.scrollWidth} in ${root.clientWidth}`);
  return wide;
}

/** Controls that a screen reader could not name. */
export function unnamedControls() {
  return [...document.querySelectorAll('button, input, a, [tabindex="0"]')]
    .filter((node) => {
      const labels = node instanceof HTMLInputElement ? node.labels?.length : 0;
      const name =
        node.getAttribute('aria-label') ?? node.getAttribute('aria-labelledby') ?? node.textContent?.trim();
      return !labels && !name;
    })
    .map((node) => node.outerHTML.slice(0, 80));
}

/** Texts whose contrast with their ground is below 4.5. */
export function faintTexts() {
  /** @param {string} color */
  const parse = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  /** @param {number[]} color */
  const luminance = (color) => {
    const [r = 0, g = 0, b = 0] = color.map((part) => {
      const share = part / 255;
      return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  /** @param {Element | null} node */
  const groundOf = (node) => {
    for (let at = node; at !== null; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if ((color[3] ?? 1) === 1) return color;
    }
    return [255, 255, 255];
  };
  const faint = new Set();
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some(
      (child) => child.nodeType === Node.TEXT_NODE && child.nodeValue?.trim(),
    );
    if (!own || node.closest('dialog, [hidden], .skip, noscript, button:disabled') !== null) continue;
    const ink = luminance(parse(getComputedStyle(node).color));
    const ground = luminance(groundOf(node));
    const contrast = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    if (contrast < 4.5) faint.add(`${node.className || node.tagName} ${contrast.toFixed(2)}`);
  }
  return [...faint];
}
