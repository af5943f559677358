import {
  Button,
  Card,
  EmptyState,
  Loaded,
  Notice,
  SkeletonRows,
  useMay,
  usePageSearch,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { ChartLine, Download } from "lucide-react";
import { Suspense, lazy } from "react";

import type { EventPlan, EventPlanAnswer } from "../../api.ts";
import { useLastDays } from "../environment-time.ts";
import { eventsPage } from "../pages.ts";
import { catalogQuery, planQuery } from "../queries.ts";
import { Sql } from "../Sql.tsx";
import { readEventKey } from "../words.ts";
import { tableOf, titleOf } from "./answer-words.ts";
import { useOpeningFunnel } from "./opening-funnel.ts";
import { firstQuestion, missingOf, planOf, readSteps } from "./question.ts";
import { QuestionForm } from "./QuestionForm.tsx";

const AnswerView = lazy(async () => ({
  default: (await import("./AnswerView.tsx")).AnswerView,
}));

/** A question about the events, its answer as a picture, and the statement behind it. */
export function ExploreTab(props: { environment: string }) {
  const { environment } = props;
  const [search, update] = usePageSearch(eventsPage);
  const catalog = useQuery(catalogQuery(environment, "day"));
  const time = useLastDays(environment, search.days);
  const names = catalog.data?.events ?? [];
  const opening = useOpeningFunnel(search, names, environment, time);
  // A ranking is of every event until one is chosen; every other question begins with the busiest.
  const first = search.of === "" && search.view !== "top" ? firstQuestion(names) : search.of;
  const question = { ...search, of: opening.of ?? first };
  const plan =
    time === undefined || catalog.data === undefined
      ? undefined
      : planOf(question, environment, time);
  const missing = opening.isWaiting ? undefined : missingOf(question);
  if (catalog.data !== undefined && names.length === 0)
    return (
      <Card>
        <EmptyState icon={<ChartLine />} title="Answers appear here as charts">
          Nothing has arrived in {environment} in the last 30 days, so there is nothing to ask
          about.
        </EmptyState>
      </Card>
    );
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[17.5rem_minmax(0,1fr)]">
      <QuestionForm question={question} names={names} onChange={(change) => update(change)} />
      {plan === undefined ? (
        <Card title="Answer">
          {missing === undefined ? <SkeletonRows /> : <p className="text-fg2">{missing}</p>}
        </Card>
      ) : (
        <Answer plan={plan} of={question.of} />
      )}
    </div>
  );
}

function Answer(props: { plan: EventPlan; of: string }) {
  const { plan, of } = props;
  const query = useQuery(planQuery(plan));
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <Loaded query={query} skeleton={<Card title="Answer">{<SkeletonRows />}</Card>}>
        {(answer) =>
          answer.kind === plan.kind ? (
            <>
              {answer.incomplete !== null && (
                <Notice tone="caution" title="Not everything could be read.">
                  Damaged files are listed under Storage; these numbers may be too low.
                </Notice>
              )}
              <Card
                title={titleOf(plan, answer)}
                actions={<Exports plan={plan} answer={answer} of={of} />}
              >
                <Suspense fallback={<div aria-hidden className="skeleton h-72" />}>
                  <AnswerView plan={plan} answer={answer} />
                </Suspense>
              </Card>
              <Sql {...answer} />
            </>
          ) : (
            <Card title="Answer">
              <SkeletonRows />
            </Card>
          )
        }
      </Loaded>
    </div>
  );
}

/** The numbers as CSV, made here; the events themselves as a file of the server. */
function Exports(props: { plan: EventPlan; answer: EventPlanAnswer; of: string }) {
  const { plan, answer, of } = props;
  const mayExport = useMay("event.export");
  const step = readEventKey(readSteps(of)[0] ?? "");
  const query = new URLSearchParams({
    environment: plan.environment,
    format: "csv",
    from: plan.from,
    to: plan.to,
    ...(step === null
      ? {}
      : { type: step.type, ...(step.event === "" ? {} : { event: step.event }) }),
  });
  const save = () => {
    const text = tableOf(plan, answer)
      .map((row) => row.map(cell).join(","))
      .join("\r\n");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = `${plan.kind}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <>
      <Button small icon={<Download aria-hidden />} onClick={save}>
        Numbers
      </Button>
      {mayExport && (
        <a
          href={`/api/v1/events/export?${query.toString()}`}
          download
          className="inline-flex h-7 items-center gap-2 rounded-control border border-line-2 bg-surface px-2.5 font-medium shadow-rest hover:bg-hover [&_svg]:size-[15px]"
        >
          <Download aria-hidden />
          Events
        </a>
      )}
    </>
  );
}

/** No spreadsheet runs it, and commas stay inside. */
function cell(value: string | number): string {
  const text = String(value);
  if (typeof value === "number") return text;
  const safe = /^[=+\-@\t\r]/u.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
