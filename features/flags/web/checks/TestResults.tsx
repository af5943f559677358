import { ErrorState, SkeletonRows } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX } from "lucide-react";

import type { FlagTestRunView } from "../../flag-test-api.ts";
import { testRunQuery } from "./queries.ts";

export type TestResult = FlagTestRunView["results"][number];

/** One expectation and whether it holds, with what came instead. */
export function ResultLine(props: { result: TestResult }) {
  const { name, passed, differences } = props.result;
  return (
    <span className="flex min-w-0 items-start gap-2">
      {passed ? (
        <CircleCheck aria-label="Holds" className="mt-0.5 size-4 shrink-0 text-positive" />
      ) : (
        <CircleX aria-label="Fails" className="mt-0.5 size-4 shrink-0 text-negative" />
      )}
      <span className="min-w-0">
        <span className="font-medium">{name}</span>
        {differences.map((difference) => (
          <span key={difference} className="block text-small text-negative">
            {difference}
          </span>
        ))}
      </span>
    </span>
  );
}

/** The flag's tests, tried on the draft before it is published. */
export function TestResults(props: { flagKey: string; environment: string }) {
  const { flagKey, environment } = props;
  const query = useQuery({ ...testRunQuery(flagKey, environment, "draft"), staleTime: 0 });
  const { data } = query;
  const failed = data?.results.filter(({ passed }) => !passed) ?? [];
  return (
    <section aria-label="Tests of the flag" className="flex flex-col gap-2">
      <h3 className="font-medium">Tests of the flag</h3>
      {query.isError && <ErrorState inline error={query.error} />}
      {data === undefined ? (
        !query.isError && <SkeletonRows rows={1} />
      ) : data.results.length === 0 ? (
        <p className="text-fg2">None are kept with the flag here.</p>
      ) : (
        <>
          <p className={failed.length > 0 ? "text-negative" : "text-fg2"}>
            {failed.length === 0
              ? `All ${data.results.length} hold.`
              : `${failed.length} of ${data.results.length} do not hold.`}
          </p>
          <ul className="flex flex-col gap-1.5">
            {(failed.length > 0 ? failed : data.results).map((result) => (
              <li key={result.name}>
                <ResultLine result={result} />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
