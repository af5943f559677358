import { Badge } from "@paceline/web-kit";
import { CircleCheck, CircleHelp, CircleX, TriangleAlert } from "lucide-react";

import type { FeedItem } from "./feed.ts";

/** What the telemetry plans, or the intake itself, say about one event. */
export function EventVerdict(props: { item: FeedItem; hideNone?: boolean }) {
  const { verdict, fault, type } = props.item;
  if (type === "bad" || fault != null)
    return (
      <Badge tone="negative" icon={<CircleX aria-hidden />} title={fault?.reason}>
        Bad event
      </Badge>
    );
  if (verdict == null) return props.hideNone === true ? null : <span className="text-fg3">–</span>;
  if (verdict.outcome === "passed")
    return (
      <Badge tone="positive" icon={<CircleCheck aria-hidden />} title={verdict.plan ?? undefined}>
        As planned
      </Badge>
    );
  if (verdict.outcome === "unplanned")
    return <Badge icon={<CircleHelp aria-hidden />}>Not planned</Badge>;
  return (
    <Badge tone="caution" icon={<TriangleAlert aria-hidden />} title={verdict.reason ?? undefined}>
      Breaks plan
    </Badge>
  );
}
