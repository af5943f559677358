import { BarSeries, Sparkline } from "@paceline/web-kit";
import type { Bar } from "@paceline/web-kit";

/** The charts alone, so that their drawing code is a file of its own. */
export function VolumeChart(props: {
  title: string;
  bars: readonly Bar[];
  formatAt: (at: number) => string;
}) {
  return <BarSeries {...props} unit="events" />;
}

export function VolumeLine(props: { label: string; values: readonly number[] }) {
  return <Sparkline {...props} width={160} />;
}
