import type { PointerEvent } from "react";

import { nearestPoint } from "./geometry.ts";
import type { LiftPoint } from "./geometry.ts";

/** The plotting area: scales and edges in pixels. */
export type Frame = {
  readonly x: (at: number) => number;
  readonly y: (value: number) => number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
};

export function Cursor(props: { frame: Frame; point: LiftPoint }) {
  const { frame, point } = props;
  const x = frame.x(point.at);
  const held = (value: number) => Math.max(frame.top, Math.min(frame.bottom, frame.y(value)));
  return (
    <g pointerEvents="none">
      <line x1={x} x2={x} y1={frame.top} y2={frame.bottom} stroke="var(--fg3)" />
      <line
        x1={x}
        x2={x}
        y1={held(point.low)}
        y2={held(point.high)}
        stroke="var(--fg)"
        strokeWidth={2}
      />
      <circle
        cx={x}
        cy={held(point.effect)}
        r={4}
        fill="var(--fg)"
        stroke="var(--surface)"
        strokeWidth={2}
      />
    </g>
  );
}

/**
 * Moves the cursor by pointer and keys. A range input underneath gives arrow keys, Home, End and
 * the words for screen readers.
 */
export function CursorControl(props: {
  frame: Frame;
  points: readonly LiftPoint[];
  cursor: number | undefined;
  onMove: (cursor: number | undefined) => void;
  words: (point: LiftPoint) => string;
  toTime: (x: number) => number;
}) {
  const { frame, points, cursor, onMove, words, toTime } = props;
  const end = points.length - 1;
  const present = cursor ?? end;
  const point = points[present];
  const width = Math.max(0, frame.right - frame.left);
  const onPoint = (event: PointerEvent<HTMLDivElement>) => {
    const { left } = event.currentTarget.getBoundingClientRect();
    onMove(nearestPoint(points, toTime(event.clientX - left + frame.left)));
  };
  const x = point === undefined ? 0 : frame.x(point.at) - frame.left;
  return (
    <div
      onPointerMove={onPoint}
      onPointerLeave={() => onMove(undefined)}
      className="absolute touch-pan-y rounded-badge outline-offset-2 has-focus-visible:outline-2 has-focus-visible:outline-ring"
      style={{ left: frame.left, top: frame.top, width, height: frame.bottom - frame.top }}
    >
      <input
        type="range"
        aria-label="Point in time"
        aria-valuetext={point === undefined ? "" : words(point)}
        min={0}
        max={end}
        step={1}
        value={present}
        onChange={(event) => onMove(event.target.valueAsNumber)}
        onFocus={() => onMove(present)}
        onBlur={() => onMove(undefined)}
        className="absolute inset-0 size-full cursor-crosshair touch-pan-y opacity-0"
      />
      {cursor !== undefined && point !== undefined && (
        <div
          aria-hidden
          className="pointer-events-none absolute top-1 rounded-control border border-line bg-surface px-2 py-1 text-small whitespace-nowrap shadow-float tabular-nums"
          style={x > width / 2 ? { right: width - x + 10 } : { left: x + 10 }}
        >
          {words(point)}
        </div>
      )}
    </div>
  );
}
