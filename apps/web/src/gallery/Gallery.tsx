import { Page, PageHeader } from "@paceline/web-kit";

import { ChartSamples } from "./ChartSamples.tsx";
import { ControlSamples } from "./ControlSamples.tsx";
import { StateSamples } from "./StateSamples.tsx";

/** Every component once, for looking at and for the accessibility check. Not part of the app. */
export function Gallery() {
  return (
    <main>
      <Page title="Gallery" crumbs={[{ label: "Kit", to: "/" }]}>
        <PageHeader title="Gallery">Every component of the kit, with invented content.</PageHeader>
        <div className="flex flex-col gap-5">
          <StateSamples />
          <ControlSamples />
          <ChartSamples />
        </div>
      </Page>
    </main>
  );
}
