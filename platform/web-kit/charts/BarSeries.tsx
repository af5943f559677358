import { max } from "d3-array";
import { scaleBand, scaleLinear } from "d3-scale";

import { toneColor } from "../components/tone.ts";
import { formatCompact, formatDay, formatNumber } from "../format.ts";
import { ChartFrame } from "./ChartFrame.tsx";
import { useWidth } from "./width.ts";

export type Bar = {
  readonly at: number;
  readonly value: number;
  /** The part of `value` that is wrong: events that were kept but not accepted. */
  readonly bad?: number | undefined;
};

const margin = { top: 8, right: 4, bottom: 22, left: 40 };

/** Counts over time, such as events an hour; the bad part is red, on top. */
export function BarSeries(props: {
  /** The result in words; the text alternative. */
  title: string;
  bars: readonly Bar[];
  /** What is counted: "events". */
  unit: string;
  badWord?: string | undefined;
  formatAt?: ((at: number) => string) | undefined;
  height?: number | undefined;
}) {
  const { title, bars, unit, badWord = "rejected", formatAt = formatDay, height = 160 } = props;
  const anyBad = bars.some(({ bad = 0 }) => bad > 0);
  const columns = [
    { label: "Time", cell: (bar: Bar) => formatAt(bar.at) },
    { label: unit, cell: (bar: Bar) => formatNumber(bar.value) },
    ...(anyBad ? [{ label: badWord, cell: (bar: Bar) => formatNumber(bar.bad ?? 0) }] : []),
  ];
  return (
    <ChartFrame
      title={title}
      columns={columns}
      rows={bars}
      rowKey={(bar) => String(bar.at)}
      note={
        anyBad && (
          <span className="inline-flex items-center gap-1.5">
            <span aria-hidden className="size-2 rounded-[2px] bg-negative-solid" />
            {badWord}
          </span>
        )
      }
    >
      <Bars
        title={title}
        bars={bars}
        unit={unit}
        formatAt={formatAt}
        height={height}
        badWord={badWord}
      />
    </ChartFrame>
  );
}

function Bars(props: {
  title: string;
  bars: readonly Bar[];
  unit: string;
  badWord: string;
  formatAt: (at: number) => string;
  height: number;
}) {
  const { title, bars, formatAt, height } = props;
  const [place, width] = useWidth(640);
  const [left, right, bottom] = [margin.left, width - margin.right, height - margin.bottom];
  const x = scaleBand(
    bars.map(({ at }) => at),
    [left, right],
  ).padding(0.25);
  const y = scaleLinear([0, max(bars, ({ value }) => value) || 1], [bottom, margin.top]).nice(3);
  const every = Math.max(1, Math.ceil(bars.length / Math.max(1, Math.floor(width / 80))));
  return (
    <div ref={place}>
      <svg role="img" aria-label={title} width="100%" height={height} className="block">
        {y.ticks(3).map((tick) => (
          <g key={tick}>
            <line x1={left} x2={right} y1={y(tick)} y2={y(tick)} stroke="var(--line)" />
            <text
              x={left - 6}
              y={y(tick)}
              dy="0.32em"
              textAnchor="end"
              className="fill-fg3 text-meta"
            >
              {formatCompact(tick)}
            </text>
          </g>
        ))}
        {bars.map((bar, index) => (
          <g key={bar.at}>
            <title>{wordsFor(bar, props)}</title>
            <OneBar bar={bar} x={x(bar.at) ?? 0} width={x.bandwidth()} y={y} bottom={bottom} />
            {index % every === 0 && (
              <text
                x={(x(bar.at) ?? 0) + x.bandwidth() / 2}
                y={bottom + 15}
                textAnchor="middle"
                className="fill-fg3 text-meta"
              >
                {formatAt(bar.at)}
              </text>
            )}
          </g>
        ))}
      </svg>
    </div>
  );
}

function wordsFor(
  bar: Bar,
  words: { unit: string; badWord: string; formatAt: (at: number) => string },
): string {
  const counted = `${words.formatAt(bar.at)}: ${formatNumber(bar.value)} ${words.unit}`;
  const { bad = 0 } = bar;
  return bad > 0 ? `${counted}, ${formatNumber(bad)} ${words.badWord}` : counted;
}

function OneBar(props: {
  bar: Bar;
  x: number;
  width: number;
  y: (value: number) => number;
  bottom: number;
}) {
  const { bar, x, width, y, bottom } = props;
  const { value, bad = 0 } = bar;
  const radius = Math.min(2, width / 3);
  return (
    <>
      <rect
        x={x}
        y={y(value)}
        width={width}
        height={Math.max(0, bottom - y(value))}
        rx={radius}
        fill="var(--fg3)"
        fillOpacity={0.55}
      />
      {bad > 0 && (
        <rect
          x={x}
          y={y(value)}
          width={width}
          height={Math.max(2, y(value - bad) - y(value))}
          rx={radius}
          fill={toneColor("negative")}
        />
      )}
    </>
  );
}
