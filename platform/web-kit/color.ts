/** An OKLCH color: lightness 0 to 1, chroma, hue in degrees. */
export type Oklch = { readonly l: number; readonly c: number; readonly h: number };

/**
 * Relative luminance of an OKLCH color as sRGB shows it (channels clipped to the gamut).
 *
 * @see https://www.w3.org/TR/css-color-4/#color-conversion-code and WCAG 2.2 "relative luminance"
 */
function relativeLuminance({ l, c, h }: Oklch): number {
  const angle = (h * Math.PI) / 180;
  const a = c * Math.cos(angle);
  const b = c * Math.sin(angle);
  const long = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short;
  const green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short;
  const blue = -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short;
  return 0.2126 * shown(red) + 0.7152 * shown(green) + 0.0722 * shown(blue);
}

/** The linear channel after clipping and rounding to the 8 bits a screen gets. */
function shown(linear: number): number {
  const clipped = Math.min(1, Math.max(0, linear));
  const encoded = clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055;
  const rounded = Math.round(encoded * 255) / 255;
  return rounded <= 0.04045 ? rounded / 12.92 : ((rounded + 0.055) / 1.055) ** 2.4;
}

/** WCAG 2.2 contrast ratio, 1 to 21. */
export function contrastRatio(one: Oklch, other: Oklch): number {
  const [low = 0, high = 0] = [relativeLuminance(one), relativeLuminance(other)].toSorted(
    (left, right) => left - right,
  );
  return (high + 0.05) / (low + 0.05);
}
