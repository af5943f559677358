import { Card, KeyValues, Person, RelativeTime, TextLink } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { RolloutDocument } from "../../plan-api.ts";
import { InitiativeStanding } from "../InitiativeStanding.tsx";
import { flagHref } from "../pages.ts";
import { membersQuery } from "../queries.ts";

/** Keys and services have ids that are no member's. */
function byWords(id: string): string {
  return /^[0-9a-f-]{36}$/u.test(id) ? "A key" : `Service ${id}`;
}

/** What the rollout is of, and who stands behind it. */
export function PlanCard(props: { rollout: RolloutDocument }) {
  const { rollout } = props;
  const members = useQuery(membersQuery);
  const nameOf = (id: string) =>
    members.data?.items.find((member) => member.id === id)?.name ?? byWords(id);
  const { flagKey, environment, plan, initiativeId, startedAt, endedAt } = rollout;
  const when = (at: string | null, otherwise: string) =>
    at === null ? (
      otherwise
    ) : (
      <span>
        <RelativeTime at={at} />
      </span>
    );
  return (
    <Card title="Plan">
      <KeyValues
        narrow
        items={[
          {
            key: "Flag",
            value: <TextLink to={flagHref(flagKey, environment)}>{flagKey}</TextLink>,
          },
          { key: "Rule", value: <span className="font-mono text-small">{plan.ruleId}</span> },
          { key: "Template", value: plan.template ?? "none" },
          {
            key: "Initiative",
            value:
              initiativeId === null ? (
                "none"
              ) : (
                <InitiativeStanding plain id={initiativeId} environment={environment} />
              ),
          },
          {
            key: "By",
            value: (
              <span className="flex flex-col gap-1">
                {rollout.authors.map((id) => (
                  <Person key={id} name={nameOf(id)} />
                ))}
              </span>
            ),
          },
          { key: "Written", value: when(rollout.createdAt, "") },
          { key: "Started", value: when(startedAt, "not yet") },
          ...(endedAt === null ? [] : [{ key: "Ended", value: when(endedAt, "") }]),
        ]}
      />
    </Card>
  );
}
