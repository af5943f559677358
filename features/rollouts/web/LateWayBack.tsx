import { SkeletonRows } from "@paceline/web-kit";
import { Suspense, lazy } from "react";
import type { ComponentProps } from "react";

import type { WayBackCard as Card } from "./WayBackCard.tsx";

const Late = lazy(async () => ({ default: (await import("./WayBackCard.tsx")).WayBackCard }));

/** Where a flag goes back to; fetched when it is shown. */
export function WayBackCard(props: ComponentProps<typeof Card>) {
  return (
    <Suspense fallback={<SkeletonRows rows={4} />}>
      <Late {...props} />
    </Suspense>
  );
}
