// The shop's accent as the console's: only where it can be read.

const HEX = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i;

/** Relative luminance, WCAG 2.2; undefined for anything but #rrggbb. */
function luminance(colour: string): number | undefined {
  const found = HEX.exec(colour);
  if (!found) return undefined;
  const [r = 0, g = 0, b = 0] = found.slice(1).map((pair) => {
    const part = Number.parseInt(pair, 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The ink that is read best on a colour: white or black; undefined for anything but #rrggbb. */
export function inkOn(colour: string): '#ffffff' | '#000000' | undefined {
  const light = luminance(colour);
  if (light === undefined) return undefined;
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 ? '#ffffff' : '#000000';
}

/** Makes the first readable accent that of the whole console. */
export function wearAccent(accents: readonly string[], style: CSSStyleDeclaration): void {
  const accent = accents.find((colour) => inkOn(colour));
  const ink = accent && inkOn(accent);
  if (!accent || !ink) return;
  style.setProperty('--cb-accent', accent);
  style.setProperty('--cb-accent-ink', ink);
}
