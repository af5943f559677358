export type Flow = {
  /** Null for the default in the code. */
  readonly from: string | null;
  readonly to: string | null;
  readonly units: number;
};

export type Side = {
  readonly variant: string | null;
  readonly y: number;
  readonly height: number;
  readonly units: number;
};
export type Band = {
  readonly flow: Flow;
  /** Tops of the band on the left and on the right. */
  readonly left: number;
  readonly right: number;
  readonly height: number;
};
export type FlowLayout = {
  readonly left: readonly Side[];
  readonly right: readonly Side[];
  readonly bands: readonly Band[];
  readonly height: number;
};

const gap = 10;

function stack(
  flows: readonly Flow[],
  sideOf: (flow: Flow) => string | null,
  perUnit: number,
): readonly Side[] {
  const totals = new Map<string | null, number>();
  for (const flow of flows) totals.set(sideOf(flow), (totals.get(sideOf(flow)) ?? 0) + flow.units);
  let y = 0;
  return [...totals]
    .toSorted(([a], [b]) => ((a ?? "") < (b ?? "") ? -1 : 1))
    .map(([variant, units]) => {
      const height = units * perUnit;
      const side = { variant, y, height, units };
      y += height + gap;
      return side;
    });
}

/** Where the variants and the bands between them are drawn, from the top; widths are units. */
export function layOut(flows: readonly Flow[], height: number): FlowLayout {
  const shown = flows.filter(({ units }) => units > 0);
  const total = shown.reduce((sum, { units }) => sum + units, 0);
  const sides = Math.max(
    new Set(shown.map(({ from }) => from)).size,
    new Set(shown.map(({ to }) => to)).size,
    1,
  );
  const perUnit = total === 0 ? 0 : (height - gap * (sides - 1)) / total;
  const left = stack(shown, ({ from }) => from, perUnit);
  const right = stack(shown, ({ to }) => to, perUnit);
  const usedLeft = new Map<string | null, number>();
  const usedRight = new Map<string | null, number>();
  const topOf = (sidesOf: readonly Side[], variant: string | null): number =>
    sidesOf.find((side) => side.variant === variant)?.y ?? 0;
  const bands = shown
    .toSorted(
      (a, b) =>
        topOf(left, a.from) - topOf(left, b.from) || topOf(right, a.to) - topOf(right, b.to),
    )
    .map((flow) => {
      const thick = flow.units * perUnit;
      const before = usedLeft.get(flow.from) ?? 0;
      const after = usedRight.get(flow.to) ?? 0;
      usedLeft.set(flow.from, before + thick);
      usedRight.set(flow.to, after + thick);
      return {
        flow,
        left: topOf(left, flow.from) + before,
        right: topOf(right, flow.to) + after,
        height: thick,
      };
    });
  return { left, right, bands, height };
}
