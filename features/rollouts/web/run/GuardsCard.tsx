import { Card, EmptyState, SkeletonRows, StaleNote } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";

import type { RolloutDocument } from "../../plan-api.ts";
import { guardStateQuery } from "../plan-queries.ts";
import { GuardPart } from "./GuardPart.tsx";

/** What every guard of the plan says now, with the numbers it says it by. */
export function GuardsCard(props: { rollout: RolloutDocument }) {
  const { rollout } = props;
  const { guards } = rollout.plan;
  const begun = rollout.startedAt !== null;
  const query = useQuery({
    ...guardStateQuery(rollout.id),
    enabled: begun && guards.length > 0,
  });
  const state = query.data;
  // The readings in the run are of its present stage; the newest ones may not have moved it.
  const readings = state?.readings ?? rollout.readings;
  return (
    <Card title="Guards" note={guards.length === 0 ? undefined : "read every few seconds"} flush>
      {guards.length === 0 ? (
        <EmptyState icon={<ShieldCheck />} title="No guard watches this rollout">
          Time and people alone move it. A guard holds it, or takes it back, when a number turns
          bad.
        </EmptyState>
      ) : begun && query.isPending ? (
        <SkeletonRows rows={guards.length} />
      ) : (
        <>
          {query.isError && (
            <div className="card-px pt-4">
              <StaleNote
                since={
                  query.dataUpdatedAt === 0 ? Date.parse(rollout.updatedAt) : query.dataUpdatedAt
                }
                onRetry={() => void query.refetch()}
              />
            </div>
          )}
          <ul className="divide-y divide-line">
            {guards.map((guard) => (
              <GuardPart
                key={guard.id}
                guard={guard}
                reading={readings.find(({ guardId }) => guardId === guard.id)}
                kept={state?.kept.filter(({ guardId }) => guardId === guard.id) ?? []}
                sql={state?.sql[guard.id]}
                begun={begun}
              />
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}
