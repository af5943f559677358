import { max, min } from "d3-array";
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import type { PointerEvent, ReactNode } from "react";
import { useState } from "react";

import { formatCompact, formatDay, formatNumber } from "../format.ts";
import { ChartFrame } from "./ChartFrame.tsx";
import { lonePoints, nearestPoint } from "./geometry.ts";
import { apartLabels } from "./label-heights.ts";
import { useWidth } from "./width.ts";

export type LinePoint = { readonly at: number; readonly value: number | null };
export type Line = { readonly label: string; readonly points: readonly LinePoint[] };

/**
 * How lines are told apart: by stroke and dash as well as by their label, never by a hue that means
 * a verdict or a mode.
 */
const looks = [
  { stroke: "var(--accent-solid)", dash: undefined, width: 2 },
  { stroke: "var(--fg)", dash: undefined, width: 1.5 },
  { stroke: "var(--fg3)", dash: undefined, width: 1.5 },
  { stroke: "var(--accent-solid)", dash: "5 3", width: 1.5 },
  { stroke: "var(--fg)", dash: "5 3", width: 1.5 },
  { stroke: "var(--fg3)", dash: "2 3", width: 1.5 },
  { stroke: "var(--accent-solid)", dash: "2 3", width: 1.5 },
] as const;

const margin = { top: 10, right: 12, bottom: 22, left: 44 };
const labelRoom = 120;
const labelHeight = 15;

export type LineSeriesProps = {
  /** The result in words; the text alternative. */
  title: string;
  /** Of one length, over the same instants; at most seven. */
  lines: readonly Line[];
  /** What is counted: "events". */
  unit: string;
  formatAt?: ((at: number) => string) | undefined;
  format?: ((value: number) => string) | undefined;
  height?: number | undefined;
};

/** Values over time, one line for each part of a split. */
export function LineSeries(props: LineSeriesProps) {
  const {
    title,
    lines,
    unit,
    formatAt = formatDay,
    format = (value) => formatNumber(value),
  } = props;
  const instants = lines[0]?.points.map(({ at }) => at) ?? [];
  const rows = instants.map((at, index) => ({ at, index }));
  const words = (value: number | null | undefined) => (value == null ? "–" : format(value));
  return (
    <ChartFrame
      title={title}
      columns={[
        { label: "Time", cell: ({ at }: { at: number; index: number }) => formatAt(at) },
        ...lines.map(({ label, points }) => ({
          label: label === "" ? unit : label,
          cell: ({ index }: { at: number; index: number }) => words(points[index]?.value),
        })),
      ]}
      rows={rows}
      rowKey={({ at }) => String(at)}
    >
      <Drawing {...props} formatAt={formatAt} words={words} instants={instants} />
    </ChartFrame>
  );
}

type DrawingProps = LineSeriesProps & {
  formatAt: (at: number) => string;
  words: (value: number | null | undefined) => string;
  instants: readonly number[];
};

/** Scales and edges of the plotting area, in pixels. */
function layoutOf({ lines, instants, height = 240 }: DrawingProps, width: number) {
  const labelled = lines.length > 1 && width > 520;
  const right = width - margin.right - (labelled ? labelRoom : 0);
  const bottom = height - margin.bottom;
  const values = lines.flatMap(({ points }) => points.flatMap(({ value }) => value ?? []));
  const x = scaleLinear([instants[0] ?? 0, instants.at(-1) ?? 1], [margin.left, right]);
  const y = scaleLinear(
    [Math.min(0, min(values) ?? 0), max(values) || 1],
    [bottom, margin.top],
  ).nice(4);
  return { labelled, right, bottom, height, x, y };
}
type Layout = ReturnType<typeof layoutOf>;

function Drawing(props: DrawingProps) {
  const { title, lines, formatAt, words, instants } = props;
  const [place, width] = useWidth(640);
  const [cursor, setCursor] = useState<number>();
  const layout = layoutOf(props, width);
  const at = cursor === undefined ? undefined : instants[cursor];
  return (
    <div ref={place} className="relative">
      <svg role="img" aria-label={title} width="100%" height={layout.height} className="block">
        <Axes layout={layout} instants={instants} formatAt={formatAt} width={width} />
        <Lines layout={layout} lines={lines} />
        {cursor !== undefined && at !== undefined && (
          <Marks
            x={layout.x(at)}
            top={margin.top}
            bottom={layout.bottom}
            lines={lines}
            index={cursor}
            y={layout.y}
          />
        )}
      </svg>
      <Control drawing={props} layout={layout} cursor={cursor} onMove={setCursor}>
        {cursor !== undefined && at !== undefined && (
          <Values
            lines={lines}
            index={cursor}
            at={formatAt(at)}
            words={words}
            left={cursor < instants.length / 2}
            unit={props.unit}
          />
        )}
      </Control>
      {lines.length > 1 && !layout.labelled && <Legend lines={lines} />}
    </div>
  );
}

function Axes(props: {
  layout: Layout;
  instants: readonly number[];
  formatAt: (at: number) => string;
  width: number;
}) {
  const { layout, instants, formatAt, width } = props;
  const { x, y, right, bottom } = layout;
  const every = Math.max(1, Math.ceil(instants.length / Math.max(1, Math.floor(width / 90))));
  return (
    <>
      {y.ticks(4).map((tick) => (
        <g key={tick}>
          <line x1={margin.left} x2={right} y1={y(tick)} y2={y(tick)} stroke="var(--line)" />
          <text
            x={margin.left - 6}
            y={y(tick)}
            dy="0.32em"
            textAnchor="end"
            className="fill-fg3 text-meta"
          >
            {formatCompact(tick)}
          </text>
        </g>
      ))}
      {instants.map((at, index) =>
        index % every === 0 ? (
          <text
            key={at}
            x={x(at)}
            y={bottom + 15}
            textAnchor={index === 0 ? "start" : "middle"}
            className="fill-fg3 text-meta"
          >
            {formatAt(at)}
          </text>
        ) : null,
      )}
    </>
  );
}

function Lines(props: { layout: Layout; lines: readonly Line[] }) {
  const { layout, lines } = props;
  const { x, y, right, bottom, labelled } = layout;
  const path = line<LinePoint>()
    .defined(({ value }) => value !== null)
    .x(({ at }) => x(at))
    .y(({ value }) => y(value ?? 0));
  const ends = apartLabels(
    lines.map(({ points }) => y(points.findLast(({ value }) => value !== null)?.value ?? 0)),
    labelHeight,
    [margin.top, bottom],
  );
  return lines.map((one, index) => (
    <OneLine
      key={one.label}
      d={path([...one.points]) ?? ""}
      dots={lonePoints(one.points).map(({ at, value }) => ({ x: x(at), y: y(value ?? 0) }))}
      look={lookOf(index)}
      label={labelled ? one.label : undefined}
      at={{ x: right + 8, y: ends[index] ?? 0 }}
    />
  ));
}

/** Moves the cursor by pointer, or by arrow keys through a range input that also says the values. */
function Control(props: {
  drawing: DrawingProps;
  layout: Layout;
  cursor: number | undefined;
  onMove: (cursor: number | undefined) => void;
  children: ReactNode;
}) {
  const { drawing, layout, cursor, onMove, children } = props;
  const { title, lines, unit, instants, formatAt, words } = drawing;
  const shown = Math.max(0, cursor ?? instants.length - 1);
  const spoken = lines
    .map(({ label, points }) => `${label === "" ? unit : label} ${words(points[shown]?.value)}`)
    .join(", ");
  const onPoint = (event: PointerEvent<HTMLDivElement>) => {
    const { left } = event.currentTarget.getBoundingClientRect();
    const at = layout.x.invert(event.clientX - left + margin.left);
    onMove(
      nearestPoint(
        instants.map((instant) => ({ at: instant })),
        at,
      ),
    );
  };
  return (
    <div
      onPointerMove={onPoint}
      onPointerLeave={() => onMove(undefined)}
      className="absolute touch-pan-y rounded-badge outline-offset-2 has-focus-visible:outline-2 has-focus-visible:outline-ring"
      style={{
        left: margin.left,
        top: margin.top,
        width: Math.max(0, layout.right - margin.left),
        height: layout.bottom - margin.top,
      }}
    >
      <input
        type="range"
        aria-label={`Point in time of ${title}`}
        aria-valuetext={`${formatAt(instants[shown] ?? 0)}: ${spoken}`}
        min={0}
        max={Math.max(0, instants.length - 1)}
        step={1}
        value={shown}
        onChange={(event) => onMove(event.target.valueAsNumber)}
        onFocus={() => onMove(shown)}
        onBlur={() => onMove(undefined)}
        className="absolute inset-0 size-full cursor-crosshair touch-pan-y opacity-0"
      />
      {children}
    </div>
  );
}

type Look = (typeof looks)[number];

function lookOf(index: number): Look {
  return looks[index % looks.length] ?? looks[0];
}

function OneLine(props: {
  /** Straight from point to point: between two counts, nothing is known. */
  d: string;
  /** What no segment shows. */
  dots: readonly { readonly x: number; readonly y: number }[];
  look: Look;
  label: string | undefined;
  at: { readonly x: number; readonly y: number };
}) {
  const { d, dots, look, label, at } = props;
  return (
    <>
      <path
        d={d}
        fill="none"
        stroke={look.stroke}
        strokeWidth={look.width}
        strokeDasharray={look.dash}
      />
      {dots.map(({ x, y }) => (
        <circle key={x} cx={x} cy={y} r={3} fill={look.stroke} />
      ))}
      {label !== undefined && (
        <>
          <line
            x1={at.x}
            x2={at.x + 14}
            y1={at.y}
            y2={at.y}
            stroke={look.stroke}
            strokeWidth={look.width}
            strokeDasharray={look.dash}
          />
          <text x={at.x + 19} y={at.y} dy="0.32em" className="fill-fg2 text-meta">
            {label.length > 15 ? `${label.slice(0, 14)}…` : label}
          </text>
        </>
      )}
    </>
  );
}

function Marks(props: {
  x: number;
  top: number;
  bottom: number;
  lines: readonly Line[];
  index: number;
  y: (value: number) => number;
}) {
  const { x, top, bottom, lines, index, y } = props;
  return (
    <g pointerEvents="none">
      <line x1={x} x2={x} y1={top} y2={bottom} stroke="var(--fg3)" />
      {lines.map(({ label, points }, place) => {
        const value = points[index]?.value;
        if (value == null) return null;
        const look = lookOf(place);
        return (
          <circle
            key={label}
            cx={x}
            cy={y(value)}
            r={3.5}
            fill={look.stroke}
            stroke="var(--surface)"
            strokeWidth={2}
          />
        );
      })}
    </g>
  );
}

function Values(props: {
  lines: readonly Line[];
  index: number;
  at: string;
  words: (value: number | null | undefined) => string;
  left: boolean;
  unit: string;
}) {
  const { lines, index, at, words, left, unit } = props;
  return (
    <div
      aria-hidden
      className={`pointer-events-none absolute top-1 rounded-control border border-line bg-surface px-2.5 py-1.5 text-small whitespace-nowrap shadow-float tabular-nums ${left ? "right-1" : "left-1"}`}
    >
      <div className="text-fg3">{at}</div>
      {lines.map(({ label, points }) => (
        <div key={label} className="flex justify-between gap-4">
          <span className="text-fg2">{label === "" ? unit : label}</span>
          <span className="font-medium">{words(points[index]?.value)}</span>
        </div>
      ))}
    </div>
  );
}

function Legend(props: { lines: readonly Line[] }) {
  return (
    <ul className="mt-1 flex flex-wrap gap-x-4 gap-y-1 text-small text-fg2">
      {props.lines.map(({ label }, index) => {
        const look = lookOf(index);
        return (
          <li key={label} className="flex items-center gap-1.5">
            <svg aria-hidden width={16} height={4}>
              <line
                x1={0}
                x2={16}
                y1={2}
                y2={2}
                stroke={look.stroke}
                strokeWidth={look.width}
                strokeDasharray={look.dash}
              />
            </svg>
            {label}
          </li>
        );
      })}
    </ul>
  );
}
