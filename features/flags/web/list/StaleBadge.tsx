import { Badge } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import { staleQuery } from "../queries.ts";

/** That nobody needs the flag any more, with the reason on hover; nothing for one that is needed. */
export function StaleBadge(props: { flagKey: string }) {
  const stale = useQuery(staleQuery).data?.items.find(({ key }) => key === props.flagKey);
  if (stale === undefined) return null;
  const [reason] = stale.reasons;
  return (
    <Badge tone="caution" title={stale.reasons.map(({ words }) => words).join("; ")}>
      Stale{reason === undefined ? "" : `: ${reason.words}`}
    </Badge>
  );
}
