import { scaleLinear, scaleUtc } from "d3-scale";
import { area, curveMonotoneX, line } from "d3-shape";
import { useId, useState } from "react";

import { toneColor, toneTextColor } from "../components/tone.ts";
import { formatDay, formatInterval, formatLift } from "../format.ts";
import { Cursor, CursorControl } from "./ChartCursor.tsx";
import type { Frame } from "./ChartCursor.tsx";
import { ChartFrame } from "./ChartFrame.tsx";
import { apart, clearance, fitLabels, liftDomain } from "./geometry.ts";
import type { Clearance, Direction, LiftPoint } from "./geometry.ts";
import { useWidth } from "./width.ts";

export type LiftStage = { readonly at: number; readonly label: string };

export type LiftChartProps = {
  /** The result in words; the text alternative of the chart. */
  title: string;
  /** In the order of time; one for each look or day. */
  points: readonly LiftPoint[];
  /** The change that counts as success, signed like the effect. */
  criterion: number;
  direction: Direction;
  /** Stage boundaries, with the traffic share below: "10% traffic". */
  stages?: readonly LiftStage[] | undefined;
  /** Instants of the planned looks. */
  looks?: readonly number[] | undefined;
  format?: ((value: number) => string) | undefined;
  formatAt?: ((at: number) => string) | undefined;
  height?: number | undefined;
};

const margin = { top: 12, right: 76, bottom: 44, left: 52 };
const labelGap = 30;

/** An effect with its interval over time, against the criterion. Arrow keys move the cursor. */
export function LiftChart(props: LiftChartProps) {
  const { title, points, format = formatLift, formatAt = formatDay } = props;
  const columns = [
    { label: "Day", cell: (point: LiftPoint) => formatAt(point.at) },
    { label: "Effect", cell: (point: LiftPoint) => format(point.effect) },
    { label: "Low end", cell: (point: LiftPoint) => format(point.low) },
    { label: "High end", cell: (point: LiftPoint) => format(point.high) },
  ];
  return (
    <ChartFrame
      title={title}
      columns={columns}
      rows={points}
      rowKey={(point) => String(point.at)}
      note="Arrow keys read the chart point by point"
    >
      <Drawing {...props} format={format} formatAt={formatAt} />
    </ChartFrame>
  );
}

type DrawingProps = LiftChartProps & {
  format: (value: number) => string;
  formatAt: (at: number) => string;
};

function Drawing(props: DrawingProps) {
  const { title, points, criterion, direction, height = 280, format, formatAt } = props;
  const [place, width] = useWidth(720);
  const [cursor, setCursor] = useState<number>();
  const id = useId();
  const first = points[0]?.at ?? 0;
  const last = points.at(-1)?.at ?? 1;
  const [right, bottom] = [width - margin.right, height - margin.bottom];
  const times = scaleUtc([first, last === first ? first + 1 : last], [margin.left, right]);
  const values = scaleLinear(liftDomain(points, criterion), [bottom, margin.top]);
  const frame = {
    x: (at: number) => times(at),
    y: (value: number) => values(value),
    left: margin.left,
    right,
    top: margin.top,
    bottom,
  };
  const clear = clearance(points, criterion, direction);
  const current = cursor === undefined ? undefined : points[cursor];
  return (
    <div ref={place} className="relative">
      <svg
        role="img"
        aria-labelledby={`${id}-title`}
        width="100%"
        height={height}
        className="block overflow-visible"
      >
        <title id={`${id}-title`}>{title}</title>
        <Grid frame={frame} ticks={values.ticks(6)} format={format} />
        <TimeAxis
          frame={frame}
          ticks={times.ticks(Math.max(2, Math.floor(width / 96)))}
          formatAt={formatAt}
        />
        <Marks frame={frame} stages={props.stages ?? []} looks={props.looks ?? []} />
        <Band frame={frame} points={points} clear={clear} clipId={`${id}-clip`} />
        <Criterion frame={frame} props={props} clear={clear} />
        {current !== undefined && <Cursor frame={frame} point={current} />}
      </svg>
      {points.length > 0 && (
        <CursorControl
          frame={frame}
          points={points}
          cursor={cursor}
          onMove={setCursor}
          words={(point) =>
            `${formatAt(point.at)}: ${format(point.effect)}, ${formatInterval(point.low, point.high, format)}`
          }
          toTime={(x) => times.invert(x).getTime()}
        />
      )}
    </div>
  );
}

function Grid(props: { frame: Frame; ticks: number[]; format: (value: number) => string }) {
  const { frame, ticks, format } = props;
  return ticks.map((tick) => (
    <g key={tick}>
      <line
        x1={frame.left}
        x2={frame.right}
        y1={frame.y(tick)}
        y2={frame.y(tick)}
        stroke={tick === 0 ? "var(--line-2)" : "var(--line)"}
        strokeDasharray={tick === 0 ? undefined : "2 3"}
      />
      <text
        x={frame.left - 8}
        y={frame.y(tick)}
        dy="0.32em"
        textAnchor="end"
        className="fill-fg3 text-meta"
      >
        {tick === 0 ? "0" : format(tick).replace(/\.0+(?=%)/u, "")}
      </text>
    </g>
  ));
}

function TimeAxis(props: { frame: Frame; ticks: Date[]; formatAt: (at: number) => string }) {
  const { frame, ticks, formatAt } = props;
  return ticks.map((tick) => (
    <text
      key={tick.getTime()}
      x={frame.x(tick.getTime())}
      y={frame.bottom + 17}
      textAnchor="middle"
      className="fill-fg3 text-meta"
    >
      {formatAt(tick.getTime())}
    </text>
  ));
}

function Marks(props: { frame: Frame; stages: readonly LiftStage[]; looks: readonly number[] }) {
  const { frame, stages, looks } = props;
  const shown = fitLabels(
    stages.map(({ at, label }) => ({ x: frame.x(at), text: label })),
    frame.right + 24,
  );
  return (
    <>
      {stages.map(({ at }, index) => (
        <g key={at}>
          {index > 0 && (
            <line
              x1={frame.x(at)}
              x2={frame.x(at)}
              y1={frame.top}
              y2={frame.bottom}
              stroke="var(--line-2)"
            />
          )}
          <text x={frame.x(at)} y={frame.bottom + 33} className="fill-fg3 text-meta">
            {shown[index]}
          </text>
        </g>
      ))}
      {looks.map((at) => (
        <line
          key={at}
          x1={frame.x(at)}
          x2={frame.x(at)}
          y1={frame.bottom}
          y2={frame.bottom + 4}
          stroke="var(--fg3)"
        />
      ))}
    </>
  );
}

function Band(props: {
  frame: Frame;
  points: readonly LiftPoint[];
  clear: Clearance | undefined;
  clipId: string;
}) {
  const { frame, points, clear, clipId } = props;
  const band = area<LiftPoint>()
    .x(({ at }) => frame.x(at))
    .y0(({ low }) => frame.y(low))
    .y1(({ high }) => frame.y(high))
    .curve(curveMonotoneX);
  const middle = line<LiftPoint>()
    .x(({ at }) => frame.x(at))
    .y(({ effect }) => frame.y(effect))
    .curve(curveMonotoneX);
  // The whole series is drawn twice and cut where it clears, so that both parts share one curve.
  const from = clear === undefined ? undefined : points[clear.from];
  const split = from === undefined ? frame.right : frame.x(from.at);
  const color = clear === undefined ? "var(--fg3)" : toneColor(clear.tone);
  const [all, path] = [band([...points]) ?? "", middle([...points]) ?? ""];
  const height = frame.bottom - frame.top;
  return (
    <>
      <clipPath id={`${clipId}-before`}>
        <rect
          x={frame.left}
          y={frame.top}
          width={Math.max(0, split - frame.left)}
          height={height}
        />
      </clipPath>
      <clipPath id={`${clipId}-after`}>
        <rect
          x={split}
          y={frame.top}
          width={Math.max(0, frame.right - split + 2)}
          height={height}
        />
      </clipPath>
      <g clipPath={`url(#${clipId}-before)`}>
        <path d={all} fill="var(--fg3)" fillOpacity={0.16} />
        <path d={path} fill="none" stroke="var(--fg2)" strokeWidth={1.75} />
      </g>
      <g clipPath={`url(#${clipId}-after)`}>
        <path d={all} fill={color} fillOpacity={0.2} />
        <path d={path} fill="none" stroke={color} strokeWidth={2.25} />
      </g>
    </>
  );
}

function Criterion(props: { frame: Frame; props: DrawingProps; clear: Clearance | undefined }) {
  const { frame, clear } = props;
  const { points, criterion, format, formatAt } = props.props;
  const last = points.at(-1);
  const y = frame.y(criterion);
  const end = last === undefined ? y : frame.y(last.effect);
  const [endLabel, criterionLabel] = apart(end, y, labelGap);
  const met = clear?.tone === "positive" ? points[clear.from] : undefined;
  return (
    <>
      <line
        x1={frame.left}
        x2={frame.right}
        y1={y}
        y2={y}
        stroke="var(--fg)"
        strokeWidth={1.5}
        strokeDasharray="5 4"
      />
      {last !== undefined && (
        <text
          x={frame.right + 8}
          y={endLabel}
          dy="0.32em"
          fill={clear === undefined ? "var(--fg2)" : toneTextColor(clear.tone)}
          className="text-small font-semibold"
        >
          {format(last.effect)}
        </text>
      )}
      <text x={frame.right + 8} y={criterionLabel} className="fill-fg text-meta font-medium">
        {format(criterion)}
        <tspan x={frame.right + 8} dy="1.2em" className="fill-fg3 font-normal">
          criterion
        </tspan>
      </text>
      {met !== undefined && (
        <MetMarker frame={frame} at={met.at} value={criterion} words={formatAt(met.at)} />
      )}
    </>
  );
}

function MetMarker(props: { frame: Frame; at: number; value: number; words: string }) {
  const { frame, at, value, words } = props;
  const x = frame.x(at);
  return (
    <g>
      <line
        x1={x}
        x2={x}
        y1={frame.y(value)}
        y2={frame.bottom - 18}
        stroke={toneColor("positive")}
      />
      <circle
        cx={x}
        cy={frame.y(value)}
        r={4}
        fill="var(--surface)"
        stroke={toneColor("positive")}
        strokeWidth={2}
      />
      <text
        x={Math.max(frame.left + 50, Math.min(x, frame.right - 4))}
        y={frame.bottom - 6}
        textAnchor={x > frame.right - 60 ? "end" : "middle"}
        className="fill-positive text-meta font-medium"
        paintOrder="stroke"
        stroke="var(--surface)"
        strokeWidth={3}
      >
        criterion met, {words}
      </text>
    </g>
  );
}
