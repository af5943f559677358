import { Badge, classes, formatNumber, formatPercent } from "@paceline/web-kit";
import { Check, Minus, X } from "lucide-react";
import type { ReactNode } from "react";

import type { CheckTrace, ClauseTrace, RuleTrace } from "../../domain/explain.ts";
import type { Rule } from "../../domain/flag.ts";
import { ruleWords } from "../words.ts";
import { checkWords, clauseWords } from "./trace-words.ts";

type Standing = "held" | "failed" | "unasked";

const marks = {
  held: { icon: Check, look: "bg-positive-solid text-on-solid", word: "Yes: " },
  failed: { icon: X, look: "bg-negative-solid text-on-solid", word: "No: " },
  unasked: { icon: Minus, look: "bg-hover text-fg3", word: "" },
} as const;

function Mark(props: {
  standing: Standing;
  small?: boolean | undefined;
  /** Inside of a "not" neither answer is good or bad. */
  muted?: boolean | undefined;
}) {
  const { icon: Icon, word } = marks[props.standing];
  const look = props.muted === true ? marks.unasked.look : marks[props.standing].look;
  return (
    <>
      <span
        aria-hidden
        className={classes(
          "mt-0.5 grid shrink-0 place-items-center rounded-full",
          props.small === true ? "size-4" : "size-5",
          look,
        )}
      >
        <Icon className={props.small === true ? "size-2.5" : "size-3"} strokeWidth={3} />
      </span>
      <span className="sr-only">{word}</span>
    </>
  );
}

/** Every rule in order: the one that served, and which part of each other one failed. */
export function TraceTree(props: {
  traces: readonly RuleTrace[];
  /** The rules as they were, for their sentences. */
  rules: readonly Rule[];
}) {
  const served = props.traces.findIndex(({ serves }) => serves);
  return (
    <ol aria-label="Rules as they were tried" className="flex flex-col">
      {props.traces.map((trace, index) => (
        <RuleNode
          key={trace.ruleId}
          trace={trace}
          place={index + 1}
          rule={props.rules.find(({ id }) => id === trace.ruleId)}
          isLate={served !== -1 && index > served}
          isLast={index === props.traces.length - 1}
        />
      ))}
    </ol>
  );
}

function RuleNode(props: {
  trace: RuleTrace;
  place: number;
  rule: Rule | undefined;
  /** An earlier rule has served already. */
  isLate: boolean;
  isLast: boolean;
}) {
  const { trace, place, rule, isLate, isLast } = props;
  const standing = trace.serves ? "held" : isLate ? "unasked" : "failed";
  return (
    <li className="relative flex gap-3 pb-4 last:pb-0">
      {!isLast && <span aria-hidden className="absolute top-6 bottom-0 left-2.5 w-px bg-line-2" />}
      <Mark standing={standing} />
      <div className={classes("min-w-0 flex-1", isLate && "text-fg2")}>
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="font-medium break-words">
            {place}. {rule === undefined ? trace.ruleId : ruleWords(rule)}
          </span>
          {trace.serves && <Badge tone="positive">Served</Badge>}
          {isLate && <Badge>{trace.applies ? "Would apply, came too late" : "Not needed"}</Badge>}
        </p>
        {trace.checks.length === 0 ? (
          <p className="mt-1 text-small text-fg2">It asks for nothing: it applies to everyone.</p>
        ) : (
          <ul className="mt-1.5 flex flex-col gap-1.5">
            {trace.checks.map((check, index) => (
              <CheckNode key={index} check={check} />
            ))}
          </ul>
        )}
      </div>
    </li>
  );
}

function Line(props: { holds: boolean; muted?: boolean | undefined; children: ReactNode }) {
  return (
    <span className="flex min-w-0 items-start gap-2">
      <Mark small standing={props.holds ? "held" : "failed"} muted={props.muted} />
      <span className="min-w-0 break-words">{props.children}</span>
    </span>
  );
}

function CheckNode(props: { check: CheckTrace }) {
  const { check } = props;
  if (check.kind === "condition") {
    return (
      <li>
        <ClauseNode clause={check.clause} />
      </li>
    );
  }
  return (
    <li className="flex flex-col gap-1">
      <Line holds={check.holds}>{checkWords(check)}</Line>
      {(check.kind === "gate" || (check.kind === "exposure" && check.share < 1)) &&
        check.part !== null && (
          <PartStrip
            part={check.part}
            ranges={check.kind === "gate" ? check.ranges : [[0, Math.round(check.share * PARTS)]]}
            negate={check.kind === "gate" && check.negate}
          />
        )}
    </li>
  );
}

const groups = {
  all: "All of these",
  any: "At least one of these",
  not: "Not",
} as const;

function ClauseNode(props: { clause: ClauseTrace; muted?: boolean | undefined }) {
  const { clause, muted = false } = props;
  if (clause.kind === "comparison") {
    return (
      <Line holds={clause.holds} muted={muted}>
        {clauseWords(clause)}
      </Line>
    );
  }
  return (
    <div className="flex flex-col gap-1.5">
      <Line holds={clause.holds} muted={muted}>
        {groups[clause.kind]}
      </Line>
      <ul className="ml-2 flex flex-col gap-1.5 border-l border-line-2 pl-4">
        {clause.clauses.map((inner, index) => (
          <li key={index}>
            <ClauseNode clause={inner} muted={muted || clause.kind === "not"} />
          </li>
        ))}
      </ul>
    </div>
  );
}

const PARTS = 100_000;

/** Where the unit lies among all parts, and which of them are let through. */
function PartStrip(props: {
  part: number;
  ranges: readonly (readonly [number, number])[];
  negate: boolean;
}) {
  const { part, ranges, negate } = props;
  const at = (value: number) => `${(value / PARTS) * 100}%`;
  const open = ranges.map(([from, to]) => `${formatNumber(from)} to ${formatNumber(to)}`);
  return (
    <div className="ml-6 flex max-w-md items-center gap-2">
      <svg
        role="img"
        aria-label={`The unit is in part ${formatNumber(part)} of ${formatNumber(PARTS)}; ${negate ? "all but " : ""}${open.join(", ")} are let through`}
        width="100%"
        height={14}
        className="block min-w-0 flex-1"
      >
        <rect
          y={4}
          width="100%"
          height={6}
          rx={3}
          fill={negate ? "var(--accent-line)" : "var(--hover)"}
        />
        {ranges.map(([from, to]) => (
          <rect
            key={from}
            x={at(from)}
            y={4}
            width={at(to - from)}
            height={6}
            rx={3}
            fill={negate ? "var(--hover)" : "var(--accent-line)"}
          />
        ))}
        <line x1={at(part)} x2={at(part)} y1={0} y2={14} stroke="var(--fg)" strokeWidth={2} />
      </svg>
      <span className="shrink-0 text-meta text-fg3 tabular-nums">
        {formatPercent(part / PARTS, 2)}
      </span>
    </div>
  );
}
