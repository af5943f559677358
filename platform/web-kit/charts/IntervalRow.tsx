import { scaleLinear } from "d3-scale";

import { toneColor } from "../components/tone.ts";
import { formatInterval, formatLift } from "../format.ts";

export type IntervalRowProps = {
  /** Name of the metric, for the text alternative. */
  metric: string;
  effect: number;
  low: number;
  high: number;
  /** The common scale of the table, from `intervalDomain`. */
  domain: readonly [number, number];
  /** The largest harm that is accepted, signed like the effect; what lies beyond is shaded. */
  margin?: number | undefined;
  /** The change that counts as success, as a short dashed mark. */
  criterion?: number | undefined;
  tone: "positive" | "negative" | "plain";
  format?: ((value: number) => string) | undefined;
  width?: number | undefined;
};

const height = 24;
const middle = height / 2;

/** One metric a row: zero line, interval, point, and for a guardrail what is unacceptable. */
export function IntervalRow(props: IntervalRowProps) {
  const { metric, effect, low, high, domain, margin, criterion, tone, width = 180 } = props;
  const { format = formatLift } = props;
  const scale = scaleLinear([...domain], [2, width - 2]).clamp(true);
  const color = tone === "plain" ? "var(--fg2)" : toneColor(tone);
  const words =
    `${metric}: ${format(effect)}, interval ${formatInterval(low, high, format)}` +
    (margin === undefined ? "" : `, margin ${format(margin)}`);
  return (
    <svg role="img" aria-label={words} width={width} height={height} className="block">
      <title>{words}</title>
      {margin !== undefined && <Margin scale={scale} margin={margin} width={width} />}
      <line x1={scale(0)} x2={scale(0)} y1={2} y2={height - 2} stroke="var(--line-2)" />
      {criterion !== undefined && (
        <line
          x1={scale(criterion)}
          x2={scale(criterion)}
          y1={4}
          y2={height - 4}
          stroke="var(--fg)"
          strokeDasharray="2 2"
        />
      )}
      <line
        x1={scale(low)}
        x2={scale(high)}
        y1={middle}
        y2={middle}
        stroke={color}
        strokeOpacity={0.32}
        strokeWidth={7}
        strokeLinecap="round"
      />
      <line
        x1={scale(low)}
        x2={scale(high)}
        y1={middle}
        y2={middle}
        stroke={color}
        strokeWidth={1.5}
      />
      <circle
        cx={scale(effect)}
        cy={middle}
        r={4}
        fill={color}
        stroke="var(--surface)"
        strokeWidth={1.5}
      />
    </svg>
  );
}

function Margin(props: { scale: (value: number) => number; margin: number; width: number }) {
  const { scale, margin, width } = props;
  const at = scale(margin);
  const [from, to] = margin >= 0 ? [at, width] : [0, at];
  return (
    <>
      <rect
        x={from}
        y={2}
        width={Math.max(0, to - from)}
        height={height - 4}
        fill="var(--negative-tint)"
      />
      <line x1={at} x2={at} y1={2} y2={height - 2} stroke="var(--negative)" strokeDasharray="2 2" />
    </>
  );
}
