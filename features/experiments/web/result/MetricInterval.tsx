import { toneColor } from "@paceline/web-kit";

type Ends = readonly [number, number];

const width = 168;
const height = 26;
const middle = height / 2;
const edge = 3;

/**
 * Both intervals of one metric: the ordinary one as a bar, the deciding one as thin whiskers around
 * it. For a guardrail what is unacceptable is shaded.
 */
export function MetricInterval(props: {
  words: string;
  effect: number;
  ordinary: Ends;
  deciding: Ends | null;
  domain: Ends;
  /** The largest accepted harm, signed like the effect. */
  margin?: number | undefined;
  /** The bar of success, signed like the effect. */
  bar?: number | undefined;
  tone: "positive" | "negative" | "plain";
}) {
  const { words, effect, ordinary, deciding, domain, margin, bar, tone } = props;
  const [from, to] = domain;
  const x = (value: number) => {
    const at = edge + ((value - from) / (to - from)) * (width - 2 * edge);
    return Math.min(width - edge, Math.max(edge, at));
  };
  const color = tone === "plain" ? "var(--fg2)" : toneColor(tone);
  return (
    <svg role="img" aria-label={words} width={width} height={height} className="block">
      {margin !== undefined && (
        <>
          <rect
            x={margin >= 0 ? x(margin) : 0}
            y={2}
            width={margin >= 0 ? width - x(margin) : x(margin)}
            height={height - 4}
            fill="var(--negative-tint)"
          />
          <line
            x1={x(margin)}
            x2={x(margin)}
            y1={2}
            y2={height - 2}
            stroke="var(--negative)"
            strokeDasharray="2 2"
          />
        </>
      )}
      <line x1={x(0)} x2={x(0)} y1={2} y2={height - 2} stroke="var(--line-2)" />
      {bar !== undefined && (
        <line
          x1={x(bar)}
          x2={x(bar)}
          y1={3}
          y2={height - 3}
          stroke="var(--fg)"
          strokeDasharray="2 2"
        />
      )}
      {deciding !== null && <Whiskers from={x(deciding[0])} to={x(deciding[1])} color={color} />}
      <line
        x1={x(ordinary[0])}
        x2={x(ordinary[1])}
        y1={middle}
        y2={middle}
        stroke={color}
        strokeOpacity={0.38}
        strokeWidth={7}
      />
      <circle
        cx={x(effect)}
        cy={middle}
        r={4}
        fill={color}
        stroke="var(--surface)"
        strokeWidth={1.5}
      />
    </svg>
  );
}

function Whiskers(props: { from: number; to: number; color: string }) {
  const { from, to, color } = props;
  return (
    <path
      d={`M${from} ${middle - 5}v10M${to} ${middle - 5}v10M${from} ${middle}H${to}`}
      stroke={color}
      strokeWidth={1.5}
      fill="none"
    />
  );
}
