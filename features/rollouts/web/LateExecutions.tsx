import { SkeletonRows } from "@paceline/web-kit";
import { Suspense, lazy } from "react";

const Late = lazy(async () => ({ default: (await import("./Executions.tsx")).Executions }));

/** Every rollback of a flag so far; fetched when it is shown, for most pages name the last one only. */
export function Executions(props: { environment: string; flagKey: string }) {
  return (
    <Suspense fallback={<SkeletonRows rows={3} />}>
      <Late {...props} />
    </Suspense>
  );
}
