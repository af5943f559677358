import { RelativeTime, Skeleton, useNow } from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { RolloutSummary } from "../../plan-api.ts";
import { rolloutQuery } from "../plan-queries.ts";
import { sentence, shareWords } from "../plan-words.ts";
import { blockerSentence } from "../run/blocker-words.ts";
import { StateOfRollout } from "../StateOfRollout.tsx";

/** The columns of the list of rollouts. */
export const rolloutColumns: readonly Column<RolloutSummary>[] = [
  {
    key: "name",
    label: "Rollout",
    cell: ({ name }) => <span className="block break-words sm:min-w-52">{name}</span>,
  },
  {
    key: "state",
    label: "State",
    cell: ({ state }) => <StateOfRollout state={state} />,
  },
  {
    key: "flag",
    label: "Flag",
    from: "md",
    cell: ({ flagKey, environment }) => (
      <span className="flex min-w-0 flex-col">
        <span className="max-w-64 truncate font-mono text-small" title={flagKey}>
          {flagKey}
        </span>
        <span className="text-small text-fg3">{environment}</span>
      </span>
    ),
  },
  { key: "stage", label: "Exposure", cell: (row) => <Exposure rollout={row} /> },
  { key: "waits", label: "Waits for", from: "lg", cell: (row) => <WaitsFor rollout={row} /> },
  {
    key: "updated",
    label: "Changed",
    align: "right",
    from: "sm",
    width: "7rem",
    cell: ({ updatedAt }) => (
      <span className="text-small text-fg2">
        <RelativeTime at={updatedAt} />
      </span>
    ),
  },
];

function Exposure(props: { rollout: RolloutSummary }) {
  const { state, stage, stages } = props.rollout;
  const isBack = state === "rolling-back" || state === "rolled-back";
  const share = isBack ? 0 : (props.rollout.exposureShare ?? 0);
  const at = stage === null ? `0 of ${stages}` : `${stage + 1} of ${stages}`;
  return (
    <span className="flex items-center gap-2 tabular-nums">
      <span
        aria-hidden
        className="h-1.5 w-14 shrink-0 overflow-hidden rounded-full bg-hover max-sm:hidden"
      >
        <span
          className="block h-full rounded-full bg-accent-solid"
          style={{ width: `${share * 100}%` }}
        />
      </span>
      <span className="w-10 shrink-0 text-right">{shareWords(share)}</span>
      <span className="text-small whitespace-nowrap text-fg3 max-sm:hidden">{at}</span>
    </span>
  );
}

/** What keeps it is known by the run itself, so only those that move are asked. */
function WaitsFor(props: { rollout: RolloutSummary }) {
  const { id, state, reason } = props.rollout;
  const now = useNow();
  const moves = state === "running" || state === "holding";
  const query = useQuery({ ...rolloutQuery(id), enabled: moves });
  if (state === "draft") return <span className="text-fg2">Somebody to arm it</span>;
  if (state === "armed") return <span className="text-fg2">Somebody to start it</span>;
  if (state === "paused")
    return <span className="break-words">{sentence(reason ?? "")} Waits for a person.</span>;
  if (!moves) return <span className="text-fg2 break-words">{reason ?? ""}</span>;
  if (query.isPending) return <Skeleton className="h-3 w-32" />;
  const blockers = query.data?.blockers ?? [];
  // A person comes before time: that is what somebody can do something about.
  const first = blockers.find(({ kind }) => kind === "approval") ?? blockers[0];
  if (first === undefined) return <span className="text-fg2">Nothing</span>;
  return (
    <span className="break-words">
      {blockerSentence(first, now)}
      {blockers.length > 1 && <span className="text-fg3"> And {blockers.length - 1} more.</span>}
    </span>
  );
}
