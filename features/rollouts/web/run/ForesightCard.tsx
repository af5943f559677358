import { Badge, Card, Loaded, SkeletonRows, TextLink, formatDay } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, TriangleAlert } from "lucide-react";

import type { Foresight, RolloutDocument } from "../../plan-api.ts";
import { flagHref } from "../pages.ts";
import { foresightQuery, rehearsalsQuery } from "../plan-queries.ts";
import { shareWords, tookWords } from "../plan-words.ts";

type Step = { readonly title: string; readonly note: string };

/** What the effects that the plan's own rules would have do, in words and in order. */
function stepsOf(foresight: Foresight, rollout: RolloutDocument): readonly Step[] {
  const { effects, exposureShare, targetWords } = foresight;
  const undoes =
    exposureShare === null
      ? "nobody is exposed yet"
      : `undoes the stage at ${shareWords(exposureShare)}`;
  const known: Readonly<Record<string, Step>> = {
    "take-back": { title: targetWords, note: undoes },
    end: {
      title: "The rollout ends and the flag is unlocked.",
      note:
        rollout.initiativeId === null
          ? "with an audit entry that keeps the numbers"
          : "its initiative gets the verdict to roll back, and the audit log the numbers",
    },
    verify: {
      title: "The server checks that it serves the target.",
      note: "and counts the receipts of connected clients",
    },
  };
  return effects.flatMap((name) => known[name] ?? []);
}

/** What rolling back now would do, by the rules of the rollout itself, and when that was rehearsed. */
export function ForesightCard(props: { rollout: RolloutDocument }) {
  const { rollout } = props;
  const query = useQuery(foresightQuery(rollout.id));
  return (
    <Card title="If you roll back now" flush foot={<LastRehearsal rollout={rollout} />}>
      <Loaded query={query} skeleton={<SkeletonRows rows={3} />}>
        {(foresight) => (
          <ol aria-label="What rolling back does" className="card-p flex flex-col gap-3">
            {stepsOf(foresight, rollout).map(({ title, note }, index) => (
              <li key={title} className="flex gap-3">
                <span
                  aria-hidden
                  className="grid size-5 shrink-0 place-items-center rounded-full border border-negative-line bg-negative-tint text-meta font-medium text-negative tabular-nums"
                >
                  {index + 1}
                </span>
                <div className="min-w-0">
                  <p className="break-words">{title}</p>
                  <p className="text-small text-fg3">{note}</p>
                </div>
              </li>
            ))}
          </ol>
        )}
      </Loaded>
    </Card>
  );
}

function LastRehearsal(props: { rollout: RolloutDocument }) {
  const { environment, flagKey } = props.rollout;
  const query = useQuery(rehearsalsQuery(environment, flagKey));
  const last = query.data?.items[0];
  const link = <TextLink to={flagHref(flagKey, environment, "rollback")}>Rehearsals</TextLink>;
  if (query.isError) return <span>The last rehearsal could not be read. {link}</span>;
  if (query.data === undefined) return <span>Reading when it was last rehearsed.</span>;
  if (last === undefined) {
    return (
      <span className="flex flex-wrap items-center gap-x-2">
        <TriangleAlert aria-hidden className="size-3.5 text-caution" />
        Never rehearsed. {link}
      </span>
    );
  }
  const { verdict, measure, startedAt } = last;
  const took = measure.effectMs === null ? "" : `, ${tookWords(measure.effectMs)}`;
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      {verdict === "passed" ? (
        <CircleCheck aria-hidden className="size-3.5 text-positive" />
      ) : (
        <TriangleAlert aria-hidden className="size-3.5 text-caution" />
      )}
      Last rehearsed {formatDay(startedAt)}
      {took}
      {verdict !== "passed" && <Badge tone="caution">{verdict.replaceAll("-", " ")}</Badge>} {link}
    </span>
  );
}
