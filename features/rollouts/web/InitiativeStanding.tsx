import { Badge, Skeleton, TextLink, classes } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, TriangleAlert } from "lucide-react";

import { initiativeQuery } from "./plan-queries.ts";
import { standsFor } from "./standing.ts";

/** Whether the initiative lets anybody be exposed, which rule keeps it, and the way out. */
export function InitiativeStanding(props: { id: string; environment: string; plain?: boolean }) {
  const { id, environment, plain = false } = props;
  const query = useQuery(initiativeQuery(id));
  if (query.isError) {
    return <p className="text-small text-fg2">The initiative could not be read.</p>;
  }
  if (query.data === undefined) return <Skeleton className="h-9" />;
  const initiative = query.data;
  const { allows, words, wayOut } = standsFor(initiative, environment);
  const title = initiative.title === "" ? "Untitled change" : initiative.title;
  return (
    <div
      className={classes(
        "flex flex-col gap-1",
        !plain && "rounded-control border px-3 py-2",
        !plain && (allows ? "border-line bg-sunken" : "border-caution-line bg-caution-tint"),
      )}
    >
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        {plain && allows ? null : allows ? (
          <CircleCheck aria-hidden className="size-3.5 shrink-0 text-positive" />
        ) : (
          <TriangleAlert aria-hidden className="size-3.5 shrink-0 text-caution" />
        )}
        <TextLink to={`/initiatives/${id}`}>
          {initiative.key} {title}
        </TextLink>
        <Badge>{initiative.state.replaceAll("_", " ")}</Badge>
      </p>
      <p className="text-small text-fg2">
        {words}
        {wayOut !== null && ` ${wayOut}`}
      </p>
    </div>
  );
}
