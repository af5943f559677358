import { LiftChart } from "@paceline/web-kit";
import type { LiftChartProps } from "@paceline/web-kit";

/** The chart alone, so that its drawing code is a file of its own. */
export function LiftDrawing(props: LiftChartProps) {
  return <LiftChart {...props} />;
}
