import {
  Button,
  ErrorState,
  Hash,
  Notice,
  RelativeTime,
  Skeleton,
  TextLink,
  VerdictBanner,
  formatCount,
  formatDay,
  formatTime,
  useHrefWith,
} from "@paceline/web-kit";
import type { BannerFigure } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { RefreshCw, ShieldCheck, ShieldX } from "lucide-react";

import type { AuditVerification } from "../api.ts";
import { auditPage } from "./pages.ts";
import { verificationQuery } from "./queries.ts";

function titleOf({ verdict, firstBroken }: AuditVerification): string {
  if (verdict === "intact") return "The whole log is intact";
  if (verdict === "unusable") return "The log could not be checked";
  return firstBroken === null
    ? "The log was tampered with"
    : `The log breaks at entry ${firstBroken}`;
}

function sentenceOf(found: AuditVerification): string {
  if (found.verdict === "unusable") return found.reason ?? "No checkpoint can be read.";
  const entries = formatCount(found.treeSize ?? 0, "entry", "entries");
  if (found.verdict === "intact")
    return `All ${entries} were recomputed and fit the signed checkpoint, the stored files and the rows of the database.`;
  const faults = formatCount(found.problems.length, "contradiction");
  return `${faults} found in ${entries}. ${found.firstBroken === null ? "" : "Everything before the break still fits. "}Keep a copy of the data directory before anything else.`;
}

function figuresOf(found: AuditVerification): readonly BannerFigure[] {
  return [
    {
      label: "Last check",
      value: formatTime(found.checkedAt),
      detail: formatDay(found.checkedAt),
    },
    ...(found.treeSize === null
      ? []
      : [{ label: "Tree size", value: found.treeSize.toLocaleString("en-US") }]),
  ];
}

/** Whether the whole log is as it was signed, when that was found, and the button to find it again. */
export function VerificationBanner() {
  const query = useQuery(verificationQuery);
  const hrefWith = useHrefWith(auditPage);
  const again = (
    <Button
      icon={<RefreshCw aria-hidden />}
      busy={query.isFetching}
      onClick={() => void query.refetch()}
    >
      {query.isFetching ? "Verifying" : "Verify again"}
    </Button>
  );
  if (query.data === undefined && query.isError) {
    return <ErrorState inline error={query.error} onRetry={() => void query.refetch()} />;
  }
  if (query.data === undefined) {
    return (
      <div aria-busy className="rounded-card border border-line bg-surface p-5">
        <p className="text-fg2">Recomputing every entry of the log.</p>
        <Skeleton className="mt-3 h-5 w-2/3" />
      </div>
    );
  }
  const { checkedAt, firstBroken, problems, root, verdict } = query.data;
  const intact = verdict === "intact";
  return (
    <>
      <VerdictBanner
        tone={intact ? "positive" : verdict === "tampered" ? "negative" : "caution"}
        icon={intact ? <ShieldCheck /> : <ShieldX />}
        title={titleOf(query.data)}
        figures={figuresOf(query.data)}
        action={again}
        foot={
          <>
            <span>
              Checked <RelativeTime at={checkedAt} />
            </span>
            {root !== null && (
              <span className="inline-flex items-center gap-1">
                · root <Hash value={root} label="Copy root" />
              </span>
            )}
          </>
        }
        footLink={
          firstBroken !== null && (
            <TextLink to={hrefWith({ entry: String(firstBroken) })}>
              Open entry {firstBroken}
            </TextLink>
          )
        }
      >
        {sentenceOf(query.data)}
      </VerdictBanner>
      <output className="sr-only">
        {query.isFetching ? "Recomputing every entry of the log" : titleOf(query.data)}
      </output>
      {query.isError && (
        <Notice tone="caution" title="The last check did not end.">
          What is shown is the one before it.
        </Notice>
      )}
      {problems.length > 0 && <Problems problems={problems} />}
    </>
  );
}

const problemsShown = 10;

function Problems(props: { problems: AuditVerification["problems"] }) {
  const { problems } = props;
  return (
    <ul className="list-disc rounded-card border border-negative-line bg-surface py-3 pr-4 pl-8 text-fg2">
      {problems.slice(0, problemsShown).map(({ part, index, what }) => (
        <li key={`${part} ${index} ${what}`}>
          {part}
          {index === null ? "" : ` ${index}`}: {what}
        </li>
      ))}
      {problems.length > problemsShown && <li>and {problems.length - problemsShown} more</li>}
    </ul>
  );
}
