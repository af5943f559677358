import { formatNumber } from "@paceline/web-kit";

export const PARTS = 100_000;

export type Stretch = {
  readonly from: number;
  /** Not included. */
  readonly to: number;
  readonly look: "held" | "other" | "waiting" | "free";
  /** What it is, for the tooltip and the label inside where there is room. */
  readonly words: string;
  readonly label?: string | undefined;
};

const fills = {
  held: "var(--accent-solid)",
  other: "color-mix(in oklab, var(--fg3) 45%, var(--surface))",
  waiting: "url(#slot-waiting)",
  free: "var(--surface)",
} as const satisfies Record<Stretch["look"], string>;

const roomForLabel = 0.12;
const ticks = [0, 0.25, 0.5, 0.75, 1] as const;

/** All 100,000 slots as one strip, with an axis below. */
export function SlotStrip(props: { label: string; stretches: readonly Stretch[] }) {
  const at = (part: number) => `${(part / PARTS) * 100}%`;
  return (
    <svg role="img" aria-label={props.label} width="100%" height={64} className="block">
      <defs>
        <pattern
          id="slot-waiting"
          width={6}
          height={6}
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <rect width={6} height={6} fill="var(--caution-tint)" />
          <rect width={2.5} height={6} fill="var(--caution-solid)" />
        </pattern>
      </defs>
      <rect
        x={0.5}
        y={0.5}
        width="calc(100% - 1px)"
        height={39}
        rx={5}
        fill="var(--surface)"
        stroke="var(--line-2)"
        strokeDasharray="3 3"
      />
      {props.stretches.map((stretch) => (
        <g key={stretch.from}>
          <title>{`${stretch.words}: slots ${formatNumber(stretch.from)} to ${formatNumber(stretch.to)}`}</title>
          {stretch.look !== "free" && (
            <rect
              x={at(stretch.from)}
              y={0}
              width={at(stretch.to - stretch.from)}
              height={40}
              fill={fills[stretch.look]}
              stroke="var(--surface)"
              strokeWidth={1.5}
              rx={3}
            />
          )}
        </g>
      ))}
      {ticks.map((tick) => (
        <g key={tick}>
          <line
            x1={`${tick * 100}%`}
            x2={`${tick * 100}%`}
            y1={40}
            y2={45}
            stroke="var(--line-2)"
          />
          <text
            x={`${tick * 100}%`}
            y={58}
            textAnchor={tick === 0 ? "start" : tick === 1 ? "end" : "middle"}
            className="fill-fg3 text-meta tabular-nums"
          >
            {formatNumber(tick * PARTS)}
          </text>
        </g>
      ))}
      {props.stretches
        .filter(({ from, to, label }) => label !== undefined && (to - from) / PARTS > roomForLabel)
        .map((stretch) => (
          <text
            key={stretch.from}
            x={at((stretch.from + stretch.to) / 2)}
            y={20}
            dy="0.35em"
            textAnchor="middle"
            className={`text-small font-medium ${stretch.look === "held" ? "fill-on-solid" : "fill-fg"}`}
          >
            {stretch.label}
          </text>
        ))}
    </svg>
  );
}

const swatches = {
  held: "bg-accent-solid",
  other: "bg-fg3/45",
  waiting: "bg-caution-solid",
  free: "border border-dashed border-fg3",
} as const satisfies Record<Stretch["look"], string>;

export function SlotKey(props: { look: Stretch["look"]; children: React.ReactNode }) {
  return (
    <span className="inline-flex items-center gap-1.5 text-small text-fg2">
      <span aria-hidden className={`size-2.5 rounded-[3px] ${swatches[props.look]}`} />
      {props.children}
    </span>
  );
}
