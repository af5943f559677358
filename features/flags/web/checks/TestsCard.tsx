import {
  Badge,
  Button,
  Card,
  EmptyState,
  ErrorState,
  IconButton,
  SegmentedControl,
  SkeletonRows,
  apiClient,
  useCommand,
  useMay,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { FlaskConical, Plus, Trash2 } from "lucide-react";
import { Suspense, lazy, useState } from "react";

import type { FlagTestInput } from "../../flag-test-api.ts";
import type { FlagPlace } from "../place.ts";
import { placePath } from "../queries.ts";
import { valueWords } from "../words.ts";
import { testRunQuery, testsQuery } from "./queries.ts";
import type { Tests } from "./queries.ts";
import { ResultLine } from "./TestResults.tsx";
import type { TestResult } from "./TestResults.tsx";

const TestDialog = lazy(async () => ({ default: (await import("./TestDialog.tsx")).TestDialog }));

const subjects = [
  { value: "draft", label: "Of the draft" },
  { value: "published", label: "Of what is in force" },
] as const;

/** The expectations that are kept with the flag, and whether they hold. */
export function TestsCard(props: { at: FlagPlace }) {
  const { at } = props;
  const { flag, environment, place } = at;
  const may = useMay("flag.edit");
  const hasDraft = place?.draft != null;
  const [of, setOf] = useState<"draft" | "published">(hasDraft ? "draft" : "published");
  const [adding, setAdding] = useState(false);
  const tests = useQuery(testsQuery(flag.key, environment));
  const known = tests.data?.tests.length ?? 0;
  const run = useQuery({ ...testRunQuery(flag.key, environment, of), enabled: known > 0 });
  const write = useCommand({
    run: (next: readonly FlagTestInput[]) =>
      apiClient.put<Tests>(
        `${placePath(flag.key, environment)}/tests`,
        { tests: next },
        { ifMatch: tests.data?.draftVersion ?? 0 },
      ),
    refresh: [["flags"]],
    done: "Tests saved with the flag",
    inline: true,
    onDone: () => setAdding(false),
  });
  const add = may && (
    <Button small icon={<Plus aria-hidden />} onClick={() => setAdding(true)}>
      Add a test
    </Button>
  );
  return (
    <Card
      title="Tests"
      note={`${environment}; tried before each publication`}
      actions={add}
      flush={known > 0}
    >
      {write.isError && !adding && <ErrorState inline error={write.error} />}
      {tests.data === undefined ? (
        tests.isError ? (
          <ErrorState error={tests.error} onRetry={() => void tests.refetch()} />
        ) : (
          <SkeletonRows rows={3} />
        )
      ) : known === 0 ? (
        <EmptyState
          icon={<FlaskConical />}
          title="What the flag must give to whom appears here"
          action={add}
        >
          A test names a context and the variant it must get; a change that breaks it is seen before
          anybody else sees it.
        </EmptyState>
      ) : (
        <>
          <div className="flex flex-wrap items-center justify-between gap-3 border-b border-line px-4 py-2.5">
            <Summary results={run.data?.results} passed={run.data?.passed} />
            {hasDraft && (
              <SegmentedControl label="Of which" segments={subjects} value={of} onChange={setOf} />
            )}
          </div>
          {run.isError && <ErrorState inline error={run.error} />}
          <ul className="divide-y divide-line">
            {tests.data.tests.map((test, index) => (
              <li key={test.name} className="flex items-start justify-between gap-3 px-4 py-2.5">
                <OneTest test={test} result={run.data?.results[index]} />
                {may && (
                  <IconButton
                    small
                    label={`Delete test ${test.name}`}
                    icon={<Trash2 aria-hidden />}
                    disabled={write.isPending}
                    onClick={() => write.mutate(tests.data.tests.toSpliced(index, 1))}
                  />
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      {adding && tests.data !== undefined && (
        <Suspense>
          <TestDialog
            at={at}
            command={write}
            onAdd={(test) => write.mutate([...tests.data.tests, test])}
            onClose={() => setAdding(false)}
          />
        </Suspense>
      )}
    </Card>
  );
}

function Summary(props: {
  results: readonly TestResult[] | undefined;
  passed: boolean | undefined;
}) {
  const { results, passed } = props;
  if (results === undefined || passed === undefined)
    return <p className="text-fg2">Trying them…</p>;
  const failed = results.filter((result) => !result.passed).length;
  return (
    <p aria-live="polite">
      <Badge tone={passed ? "positive" : "negative"}>
        {passed ? "All hold" : `${failed} fail`}
      </Badge>
    </p>
  );
}

/** Context and expectation as one line below the name. */
function OneTest(props: { test: FlagTestInput; result: TestResult | undefined }) {
  const { test, result } = props;
  const { variant, value, rule } = test.expect;
  const wanted = [
    ...(variant === undefined ? [] : [variant ?? "the default in the code"]),
    ...(value === undefined ? [] : [valueWords(value)]),
    ...(rule === undefined ? [] : [`by ${rule ?? "no rule"}`]),
  ].join(" ");
  return (
    <div className="min-w-0">
      {result === undefined ? (
        <span className="font-medium">{test.name}</span>
      ) : (
        <ResultLine result={result} />
      )}
      <p className="mt-0.5 pl-6 text-small break-words text-fg2">
        <code className="font-mono">{JSON.stringify(test.context ?? {})}</code> must get {wanted}
      </p>
    </div>
  );
}
