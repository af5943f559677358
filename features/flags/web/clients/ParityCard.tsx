import { Badge, Card, Loaded, SkeletonRows, formatCount } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, TriangleAlert } from "lucide-react";

import { parityQuery } from "./queries.ts";

/** Which bucketing the clients that evaluate by themselves really run. */
export function ParityCard(props: { environment: string }) {
  const query = useQuery(parityQuery(props.environment));
  return (
    <Card title="Bucketing in clients" note="by the parity probe">
      <Loaded query={query} skeleton={<SkeletonRows rows={2} />}>
        {({ items, agrees }) =>
          items.length === 0 ? (
            <p className="text-fg2">
              No client that evaluates by itself has answered the probe here yet.
            </p>
          ) : (
            <div className="flex flex-col gap-3">
              <p className="flex items-center gap-2">
                {agrees ? (
                  <CircleCheck aria-hidden className="size-4 shrink-0 text-positive" />
                ) : (
                  <TriangleAlert aria-hidden className="size-4 shrink-0 text-caution" />
                )}
                {agrees
                  ? "Every client puts units into the same buckets as the server."
                  : "Some clients put units into other buckets; an experiment that they serve does not start."}
              </p>
              <ul className="flex flex-col gap-1.5">
                {items.map((one) => (
                  <li
                    key={`${one.name} ${one.version} ${one.bucketing}`}
                    className="flex flex-wrap items-center justify-between gap-x-2"
                  >
                    <span>
                      {one.name} <span className="text-fg2">{one.version}</span>{" "}
                      <span className="text-small text-fg3">
                        {formatCount(one.clients, "client")}
                      </span>
                    </span>
                    <Badge tone={one.agrees ? "positive" : "negative"}>{one.bucketing}</Badge>
                  </li>
                ))}
              </ul>
            </div>
          )
        }
      </Loaded>
    </Card>
  );
}
