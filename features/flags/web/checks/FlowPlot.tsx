import { ChartFrame, ScrollRegion, formatNumber, formatPercent } from "@paceline/web-kit";

import { variantFill } from "../variant-look.ts";
import type { VariantNames } from "../VariantBar.tsx";
import { layOut } from "./flow.ts";
import type { Band, Flow, Side } from "./flow.ts";

const width = 560;
const labels = 132;
const bar = 10;
const height = 150;

function nameOf(variant: string | null): string {
  return variant ?? "default in the code";
}

/** From variant to variant: who keeps what they see in grey, who flips in color. */
export function FlowPlot(props: { title: string; flows: readonly Flow[]; names: VariantNames }) {
  const { title, flows, names } = props;
  const total = flows.reduce((sum, { units }) => sum + units, 0);
  const { left, right, bands } = layOut(flows, height);
  return (
    <ChartFrame
      title={title}
      rows={flows}
      rowKey={({ from, to }) => `${nameOf(from)} ${nameOf(to)}`}
      columns={[
        { label: "In force", cell: ({ from }) => nameOf(from) },
        { label: "With the draft", cell: ({ to }) => nameOf(to) },
        { label: "Units", cell: ({ units }) => formatNumber(units) },
        { label: "Share", cell: ({ units }) => formatPercent(units / total) },
      ]}
      note="In force on the left, with the draft on the right"
    >
      <ScrollRegion label={title} className="overflow-x-auto">
        <svg
          role="img"
          aria-label={title}
          viewBox={`0 -4 ${width} ${height + 8}`}
          width="100%"
          className="block max-h-52 min-w-[30rem]"
        >
          {bands.map((band) => (
            <BandOf
              key={`${band.flow.from} ${band.flow.to}`}
              band={band}
              total={total}
              names={names}
            />
          ))}
          {left.map((side) => (
            <SideOf key={nameOf(side.variant)} side={side} at="left" names={names} total={total} />
          ))}
          {right.map((side) => (
            <SideOf key={nameOf(side.variant)} side={side} at="right" names={names} total={total} />
          ))}
        </svg>
      </ScrollRegion>
    </ChartFrame>
  );
}

function BandOf(props: { band: Band; total: number; names: VariantNames }) {
  const { band, total, names } = props;
  const { flow, left, right } = band;
  const thick = Math.max(1, band.height);
  const [from, to] = [labels + bar, width - labels - bar];
  const middle = (from + to) / 2;
  const flips = flow.from !== flow.to;
  return (
    <path
      d={`M${from} ${left}C${middle} ${left} ${middle} ${right} ${to} ${right}V${right + thick}C${middle} ${right + thick} ${middle} ${left + thick} ${from} ${left + thick}Z`}
      fill={flips ? solid(flow.to, names) : "var(--hover)"}
      fillOpacity={flips ? 0.55 : 1}
    >
      <title>
        {`${nameOf(flow.from)} to ${nameOf(flow.to)}: ${formatNumber(flow.units)} (${formatPercent(flow.units / total)})`}
      </title>
    </path>
  );
}

/** SVG takes no CSS gradient; a hatched variant is drawn in its plain color. */
function solid(variant: string | null, names: VariantNames): string {
  const fill = variantFill(variant, names.variants, names.base);
  return fill.startsWith("repeating") ? "var(--accent-solid)" : fill;
}

function SideOf(props: { side: Side; at: "left" | "right"; names: VariantNames; total: number }) {
  const { side, at, names, total } = props;
  const isLeft = at === "left";
  return (
    <g>
      <rect
        x={isLeft ? labels : width - labels - bar}
        y={side.y}
        width={bar}
        height={Math.max(1.5, side.height)}
        rx={2}
        fill={solid(side.variant, names)}
        stroke={side.variant === null ? "var(--fg3)" : undefined}
      />
      <text
        x={isLeft ? labels - 8 : width - labels + 8}
        y={side.y + side.height / 2}
        dy="0.35em"
        textAnchor={isLeft ? "end" : "start"}
        className="fill-fg text-small"
      >
        {side.variant ?? "code default"}
        <tspan className="fill-fg3"> {formatPercent(side.units / total)}</tspan>
      </text>
    </g>
  );
}
