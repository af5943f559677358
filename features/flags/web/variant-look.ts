const grey = "color-mix(in oklab, var(--fg3) 45%, var(--surface))";

/** Told apart by fill and by hatching as well as by the label beside them, never by good and bad. */
const fills = ["var(--accent-solid)", "var(--fg)"] as const;

function hatched(color: string): string {
  return `repeating-linear-gradient(135deg, ${color} 0 3px, ${grey} 3px 6px)`;
}

/** What is served where nothing else is said: the quiet fill, so that what changes stands out. */
export function baseVariant(
  variants: readonly string[],
  configuration:
    | { readonly defaultVariant: string | null; readonly offVariant: string | null }
    | undefined,
): string | undefined {
  return configuration?.defaultVariant ?? configuration?.offVariant ?? variants[0];
}

/** The CSS background of a variant; the same one on every screen of its flag. */
export function variantFill(
  variant: string | null,
  variants: readonly string[],
  base: string | undefined,
): string {
  if (variant === null) return "var(--surface)";
  if (variant === base) return grey;
  const place = variants.filter((name) => name !== base).indexOf(variant);
  const fill = fills[place % fills.length] ?? fills[0];
  return place < fills.length ? fill : hatched(fill);
}
