import { AbsoluteTime, Badge, Card, StandingBadge, Table } from "@paceline/web-kit";
import type { Column, MetricStanding } from "@paceline/web-kit";

import type {
  ArmResultDocument,
  CriterionDocument,
  ExperimentDetail,
  MetricDocument,
  MetricResultDocument,
} from "../../api.ts";
import { barOn, commonDomain, decidingOn, effectOn } from "../evidence.ts";
import { formatEffect, formatEnds, formatValue } from "../words.ts";
import type { Scale } from "../words.ts";
import { HowToRead } from "./HowToRead.tsx";
import { MetricInterval } from "./MetricInterval.tsx";

type Row = {
  readonly result: MetricResultDocument;
  readonly name: string;
  readonly metric: Pick<MetricDocument, "format">;
  readonly scale: Scale;
  readonly found: ReturnType<typeof effectOn>;
  readonly deciding: readonly [number, number] | null;
  readonly margin: number | undefined;
  readonly bar: number | undefined;
  readonly better: "increase" | "decrease";
};

const roles = { primary: "Primary", secondary: "Secondary", guardrail: undefined } as const;

/** Every metric of one arm with both of its intervals; guardrails with what is unacceptable. */
export function MetricsCard(props: {
  title: string;
  note: string;
  at?: string | undefined;
  experiment: ExperimentDetail;
  arm: ArmResultDocument;
  scale: Scale;
}) {
  const { title, note, at, experiment, arm, scale } = props;
  const rows = arm.metrics.map((result) => rowOf(experiment, result, scale));
  const domain = commonDomain(
    rows.flatMap((row) => (row.scale === "relative" && row.found !== null ? [reach(row)] : [])),
  );
  return (
    <Card
      title={title}
      note={
        <>
          {note}
          {at !== undefined && (
            <>
              , as of <AbsoluteTime at={at} />
            </>
          )}
        </>
      }
      flush
      foot={<HowToRead criterion={experiment.criterion} />}
    >
      <Table
        label={`${title} of ${arm.arm}`}
        stickyHead={false}
        rows={rows}
        rowKey={({ result }) => `${result.role}/${result.metric}`}
        groupOf={({ result }) =>
          result.role === "guardrail" ? "Guardrails, with the largest harm you accept" : undefined
        }
        columns={columnsFor(arm.arm, domain, experiment.criterion.primary.confidence)}
      />
    </Card>
  );
}

function reach({ found, deciding, margin }: Row) {
  const [low, high] = deciding ?? found?.interval ?? [0, 0];
  return { low, high, margin };
}

function rowOf(
  { criterion, metrics }: ExperimentDetail,
  result: MetricResultDocument,
  shown: Scale,
): Row {
  const metric = metrics.find(({ key }) => key === result.metric);
  const guardrail = ruleOf(criterion, result);
  // A guardrail's margin means something on its own scale only.
  const scale = guardrail?.scale ?? shown;
  const turn = guardrail?.direction === "decrease" ? 1 : -1;
  const secondary = criterion.secondary?.find((one) => one.metric === result.metric);
  const primary = result.role === "primary";
  return {
    result,
    name: metric?.name ?? result.metric,
    metric: metric ?? { format: "number" },
    scale,
    found: effectOn(result, scale),
    deciding: decidingOn(result, scale),
    margin: guardrail === undefined ? undefined : turn * guardrail.margin,
    bar: primary ? barOn(criterion, result, scale) : undefined,
    better:
      guardrail?.direction ??
      (primary ? criterion.primary.direction : undefined) ??
      secondary?.direction ??
      "increase",
  };
}

function ruleOf(criterion: CriterionDocument, result: MetricResultDocument) {
  return result.role === "guardrail"
    ? criterion.guardrails.find(({ metric }) => metric === result.metric)
    : undefined;
}

const standings: ReadonlyMap<string, MetricStanding> = new Map([
  ["wins", "wins"],
  ["harm", "harm"],
  ["no-clear-change", "no-clear-change"],
  ["pass", "holds"],
  ["breached", "breached"],
  ["undefined", "not-enough-data"],
]);

function Standing(props: { result: MetricResultDocument }) {
  const { state } = props.result;
  const standing = standings.get(state);
  if (standing !== undefined) return <StandingBadge standing={standing} />;
  return state === "worse" ? (
    <Badge tone="caution">Worse</Badge>
  ) : (
    <Badge title="Neither safe nor harmful is shown yet">Not shown safe yet</Badge>
  );
}

function toneOf({ state }: MetricResultDocument): "positive" | "negative" | "plain" {
  if (state === "wins" || state === "pass") return "positive";
  return state === "harm" || state === "breached" ? "negative" : "plain";
}

function columnsFor(
  arm: string,
  domain: readonly [number, number],
  confidence: number,
): readonly Column<Row>[] {
  return [
    {
      key: "metric",
      label: "Metric",
      cell: ({ name, result }) => (
        <>
          <span className="font-medium">{name}</span>{" "}
          {roles[result.role] !== undefined && (
            <span className="text-small text-fg3">{roles[result.role]}</span>
          )}
        </>
      ),
    },
    {
      key: "control",
      label: "Control",
      align: "right",
      from: "sm",
      cell: ({ result, metric }) => (
        <span className="text-fg2">{formatValue(result.control.value, metric)}</span>
      ),
    },
    {
      key: "treatment",
      label: arm,
      align: "right",
      from: "sm",
      cell: ({ result, metric }) => formatValue(result.treatment.value, metric),
    },
    {
      key: "lift",
      label: "Lift",
      align: "right",
      cell: ({ found, scale, metric }) => (
        <span className="font-medium whitespace-nowrap">
          {found === null ? "–" : formatEffect(found.effect, scale, metric)}
          {found !== null && (
            <span className="block text-small font-normal text-fg2 sm:hidden">
              {formatEnds(found.interval, scale, metric)}
            </span>
          )}
        </span>
      ),
    },
    {
      key: "interval",
      label: "Interval",
      from: "lg",
      cell: (row) => <Interval row={row} domain={domain} />,
    },
    {
      key: "ends",
      label: `${confidence * 100}% interval`,
      from: "sm",
      cell: (row) => <Ends row={row} />,
    },
    {
      key: "status",
      label: "Status",
      align: "right",
      cell: ({ result }) => <Standing result={result} />,
    },
  ];
}

function Interval(props: { row: Row; domain: readonly [number, number] }) {
  const { row, domain } = props;
  const { found, deciding, margin, bar, scale, metric, name } = row;
  if (found === null) return null;
  const words =
    `${name}: ${formatEffect(found.effect, scale, metric)}, ordinary interval ${formatEnds(found.interval, scale, metric)}` +
    (deciding === null ? "" : `, deciding interval ${formatEnds(deciding, scale, metric)}`) +
    (margin === undefined ? "" : `, largest accepted harm ${formatEffect(margin, scale, metric)}`);
  return (
    <MetricInterval
      words={words}
      effect={found.effect}
      ordinary={found.interval}
      deciding={deciding}
      domain={scale === "relative" ? domain : commonDomain([reach(row)])}
      margin={margin}
      bar={bar}
      tone={toneOf(row.result)}
    />
  );
}

function Ends(props: { row: Row }) {
  const { found, deciding, scale, metric, result } = props.row;
  if (found === null) return <span className="text-fg3">cannot be computed</span>;
  return (
    <span className="block py-0.5 whitespace-nowrap tabular-nums">
      {formatEnds(found.interval, scale, metric)}
      <span className="block text-small text-fg3">
        {deciding !== null
          ? `decides: ${formatEnds(deciding, scale, metric)}`
          : result.role === "secondary"
            ? "decides nothing"
            : "deciding interval open"}
      </span>
    </span>
  );
}
