import { SkeletonRows } from "@paceline/web-kit";
import { Suspense, lazy } from "react";

const Late = lazy(async () => ({ default: (await import("./Rehearsals.tsx")).Rehearsals }));

/** Rehearsals of a flag's way back; fetched when it is shown. */
export function RehearsalsCard(props: { environment: string; flagKey: string }) {
  return (
    <Suspense fallback={<SkeletonRows rows={3} />}>
      <Late {...props} />
    </Suspense>
  );
}
