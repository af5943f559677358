import { extent } from "d3-array";
import { scaleLinear } from "d3-scale";
import { curveMonotoneX, line } from "d3-shape";

import type { Tone } from "../components/tone.ts";
import { toneColor } from "../components/tone.ts";

/** The shape of a few values; the numbers themselves stand beside it. */
export function Sparkline(props: {
  /** What it shows, in words: "Setup time, falling since May". */
  label: string;
  values: readonly number[];
  tone?: Tone | undefined;
  width?: number | undefined;
  height?: number | undefined;
}) {
  const { label, values, tone = "plain", width = 88, height = 24 } = props;
  const [low = 0, high = 1] = extent(values);
  const x = scaleLinear([0, Math.max(1, values.length - 1)], [2, width - 4]);
  const y = scaleLinear([low, high === low ? low + 1 : high], [height - 4, 4]);
  const path = line<number>()
    .x((_, index) => x(index))
    .y((value) => y(value))
    .curve(curveMonotoneX)([...values]);
  const last = values.at(-1);
  return (
    <svg role="img" aria-label={label} width={width} height={height} className="block shrink-0">
      <path d={path ?? ""} fill="none" stroke={toneColor(tone)} strokeWidth={1.5} />
      {last !== undefined && (
        <circle cx={x(values.length - 1)} cy={y(last)} r={2.5} fill={toneColor(tone)} />
      )}
    </svg>
  );
}
