import {
  AbsoluteTime,
  Badge,
  Card,
  Hash,
  Loaded,
  Page,
  PageHeader,
  SkeletonRows,
  TabPanel,
  Table,
  Tabs,
  classes,
  useLive,
  usePageSearch,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX } from "lucide-react";
import type { ReactNode } from "react";

import type { PolicyAnswer } from "../api.ts";
import { CONTROLS, isControlKey } from "../domain/mode.ts";
import { OutcomeBadge } from "./DecisionAnswer.tsx";
import { initiativesPage, policyPage } from "./pages.ts";
import { INITIATIVES_TOPIC, policyQuery } from "./queries.ts";
import { listWords } from "./words.ts";

type Rule = PolicyAnswer["policy"]["rules"][number];
type Case = PolicyAnswer["cases"][number];

export function PolicyPage() {
  useLive(INITIATIVES_TOPIC, policyQuery.queryKey);
  const query = useQuery(policyQuery);
  return (
    <Page title="Decision policy" crumbs={[{ label: "Initiatives", to: initiativesPage.href() }]}>
      <PageHeader title="Decision policy">
        {query.data === undefined
          ? "The rules by which a change is a sprint, a marathon or a hybrid."
          : answer(query.data)}
      </PageHeader>
      <Loaded query={query} skeleton={<SkeletonRows rows={12} />}>
        {(policy) => <Policy answer={policy} />}
      </Loaded>
    </Page>
  );
}

/** Whether the policy does what its examples say, in one sentence. */
function answer({ cases, coverage }: PolicyAnswer): string {
  const failed = cases.filter(({ passed }) => !passed).length;
  const untested = coverage.filter(({ hits, misses }) => hits === 0 || misses === 0);
  const result =
    failed === 0
      ? `All ${cases.length} examples come out as they should`
      : `${failed} of ${cases.length} examples come out differently`;
  const covered =
    untested.length === 0
      ? "every rule is both met and missed by an example"
      : `${listWords(untested.map(({ id }) => id))} ${untested.length === 1 ? "is" : "are"} not both met and missed by an example`;
  return `${result}; ${covered}. The first rule that is met decides.`;
}

function Policy(props: { answer: PolicyAnswer }) {
  const { policy, digest, publishedAt, cases, riskDomains } = props.answer;
  const [{ tab }, update] = usePageSearch(policyPage);
  return (
    <div className="flex flex-col gap-5">
      <Card>
        <dl className="flex flex-wrap gap-x-10 gap-y-3">
          <Fact title="Policy">
            <code className="font-mono">{policy.id}</code>
          </Fact>
          <Fact title="Version">{policy.version}</Fact>
          <Fact title="Published">
            {publishedAt === null ? "as shipped" : <AbsoluteTime at={publishedAt} />}
          </Fact>
          <Fact title="Digest">
            <Hash value={digest} label="Copy policy digest" />
          </Fact>
          <Fact title="Risk domains">
            {riskDomains.length}
            {riskDomains.some(({ own }) => own)
              ? `, ${riskDomains.filter(({ own }) => own).length} added here`
              : ", all built in"}
          </Fact>
        </dl>
      </Card>
      <Tabs
        label="Decision policy"
        items={[
          { value: "rules", label: "Rules", count: policy.rules.length },
          { value: "cases", label: "Examples", count: cases.length },
        ]}
        value={tab}
        onChange={(next) => update({ tab: next }, "push")}
      >
        <TabPanel value="rules">
          <RulesTab answer={props.answer} />
        </TabPanel>
        <TabPanel value="cases">
          <Card flush>
            <Table
              label="Examples of the policy"
              columns={caseColumns}
              rows={cases}
              rowKey={({ name }) => name}
            />
          </Card>
        </TabPanel>
      </Tabs>
    </div>
  );
}

function Fact(props: { title: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-small text-fg3">{props.title}</dt>
      <dd className="flex min-h-7 items-center font-medium">{props.children}</dd>
    </div>
  );
}

/** A reason whose `{fact}` is filled in for each change. */
function Template(props: { words: string }) {
  return props.words.split(/(\{\w+\})/u).map((part, index) =>
    part.startsWith("{") ? (
      <code key={index} className="rounded-badge bg-sunken px-1 font-mono text-meta text-fg3">
        {part.slice(1, -1)}
      </code>
    ) : (
      part
    ),
  );
}

function controlWords(controls: readonly string[]): string {
  return controls.map((key) => (isControlKey(key) ? CONTROLS[key].title : key)).join(", ");
}

function RulesTab(props: { answer: PolicyAnswer }) {
  const { policy, coverage } = props.answer;
  const columns: readonly Column<Rule>[] = [
    {
      key: "id",
      label: "Rule",
      width: "3.75rem",
      cell: ({ id }) => <code className="font-mono text-small text-fg2">{id}</code>,
    },
    {
      key: "title",
      label: "If the change …",
      cell: ({ title, when, because, outcome }) => (
        <div className="py-1">
          <p className="font-medium">{title}</p>
          <p className="text-fg2">
            <Template words={because} />
          </p>
          <code className="font-mono text-meta [overflow-wrap:anywhere] text-fg3">{when}</code>
          <p className="mt-1 sm:hidden">
            <OutcomeBadge outcome={outcome} />
          </p>
        </div>
      ),
    },
    {
      key: "outcome",
      label: "Then",
      from: "sm",
      cell: ({ outcome }) => <OutcomeBadge outcome={outcome} />,
    },
    {
      key: "controls",
      label: "Controls",
      from: "lg",
      width: "22%",
      cell: ({ controls }) => (
        <span className="text-small text-fg2">{controlWords(controls ?? [])}</span>
      ),
    },
    {
      key: "coverage",
      label: "Examples",
      from: "md",
      align: "right",
      cell: ({ id }) => {
        const covered = coverage.find((one) => one.id === id);
        if (covered === undefined) return <span className="text-fg3">none</span>;
        const { hits, misses, decides } = covered;
        return (
          <span
            className={classes(
              "text-small whitespace-nowrap tabular-nums",
              hits === 0 || misses === 0 ? "text-caution" : "text-fg2",
            )}
          >
            {hits} met, {misses} missed, {decides} decided
          </span>
        );
      },
    },
  ];
  return (
    <Card
      flush
      foot={
        <span className="flex flex-wrap items-center gap-2">
          If no rule is met: <OutcomeBadge outcome={policy.otherwise.outcome} />
          <span>{policy.otherwise.because}</span>
          <span className="text-fg3">{controlWords(policy.otherwise.controls)}</span>
        </span>
      }
    >
      <Table
        label="Rules, in the order they are tried"
        columns={columns}
        rows={policy.rules}
        rowKey={({ id }) => id}
      />
    </Card>
  );
}

const caseColumns: readonly Column<Case>[] = [
  {
    key: "result",
    label: "Result",
    width: "6rem",
    cell: ({ passed }) => (
      <Badge
        tone={passed ? "positive" : "negative"}
        icon={passed ? <CircleCheck aria-hidden /> : <CircleX aria-hidden />}
      >
        {passed ? "Passes" : "Fails"}
      </Badge>
    ),
  },
  {
    key: "name",
    label: "Example",
    cell: ({ name }) => name,
  },
  {
    key: "expected",
    label: "Expected",
    from: "sm",
    cell: ({ expected }) => <CaseAnswer {...expected} />,
  },
  {
    key: "actual",
    label: "Comes out as",
    from: "sm",
    cell: ({ actual }) => <CaseAnswer {...actual} />,
  },
];

function CaseAnswer(props: { outcome: Case["expected"]["outcome"]; decidedBy: string | null }) {
  return (
    <span className="flex items-center gap-2 whitespace-nowrap">
      <OutcomeBadge outcome={props.outcome} />
      {props.decidedBy !== null && (
        <code className="font-mono text-small text-fg3">{props.decidedBy}</code>
      )}
    </span>
  );
}
