/** A meaning a color can carry. Modes and verdicts never share one. */
export type Tone =
  | "plain"
  | "accent"
  | "sprint"
  | "marathon"
  | "hybrid"
  | "positive"
  | "negative"
  | "caution";

export const toneText = {
  plain: "text-fg2",
  accent: "text-accent",
  sprint: "text-sprint",
  marathon: "text-marathon",
  hybrid: "text-hybrid",
  positive: "text-positive",
  negative: "text-negative",
  caution: "text-caution",
} as const satisfies Record<Tone, string>;

export const toneSolid = {
  plain: "bg-fg3",
  accent: "bg-accent-solid",
  sprint: "bg-sprint-solid",
  marathon: "bg-marathon-solid",
  hybrid: "bg-hybrid-solid",
  positive: "bg-positive-solid",
  negative: "bg-negative-solid",
  caution: "bg-caution-solid",
} as const satisfies Record<Tone, string>;

/** Background and border of a tinted box. */
export const toneTint = {
  plain: "bg-sunken border-line",
  accent: "bg-accent-tint border-accent-line",
  sprint: "bg-sprint-tint border-sprint-line",
  marathon: "bg-marathon-tint border-marathon-line",
  hybrid: "bg-hybrid-tint border-hybrid-line",
  positive: "bg-positive-tint border-positive-line",
  negative: "bg-negative-tint border-negative-line",
  caution: "bg-caution-tint border-caution-line",
} as const satisfies Record<Tone, string>;

/** The CSS value of a tone's solid color, for SVG. */
export function toneColor(tone: Tone): string {
  return tone === "plain" ? "var(--fg3)" : `var(--${tone}-solid)`;
}

/** The CSS value of a tone's text color, for SVG. */
export function toneTextColor(tone: Tone): string {
  return tone === "plain" ? "var(--fg2)" : `var(--${tone})`;
}
