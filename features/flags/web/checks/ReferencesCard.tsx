import {
  Card,
  CodeBlock,
  Loaded,
  RelativeTime,
  SkeletonRows,
  formatCount,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { FlagReferencesView } from "../../stale-api.ts";
import { referencesQuery } from "./queries.ts";

/** When the flag was last asked for, and where code names it. */
export function ReferencesCard(props: { flagKey: string }) {
  const query = useQuery(referencesQuery(props.flagKey));
  return (
    <>
      <Card title="Last asked for">
        <Loaded query={query} skeleton={<SkeletonRows rows={2} />}>
          {({ usage }) => <Usage usage={usage} />}
        </Loaded>
      </Card>
      <Card title="In code" note="by the last scan of each repository">
        <Loaded query={query} skeleton={<SkeletonRows rows={2} />}>
          {({ scans }) => <Scans scans={scans} flagKey={props.flagKey} />}
        </Loaded>
      </Card>
    </>
  );
}

function Usage(props: { usage: FlagReferencesView["usage"] }) {
  if (props.usage.length === 0)
    return <p className="text-fg2">Nobody has asked for it in any environment yet.</p>;
  return (
    <ul className="flex flex-col gap-1.5">
      {props.usage.map(({ environment, lastEvaluatedAt, allEvaluatedAt }) => (
        <li key={environment} className="flex flex-wrap justify-between gap-x-3">
          <span>{environment}</span>
          <span className="text-fg2">
            {lastEvaluatedAt !== null ? (
              <RelativeTime at={lastEvaluatedAt} />
            ) : allEvaluatedAt !== null ? (
              <>
                with all flags, <RelativeTime at={allEvaluatedAt} />
              </>
            ) : (
              "never seen"
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Scans(props: { scans: FlagReferencesView["scans"]; flagKey: string }) {
  const { scans, flagKey } = props;
  if (scans.length === 0) {
    return (
      <div className="flex flex-col gap-2">
        <p className="text-fg2">
          No repository was scanned yet. Run this in a checkout, by hand or in your CI:
        </p>
        <CodeBlock label="Shell" language="bash" code="paceline flag references ." />
      </div>
    );
  }
  return (
    <ul className="flex flex-col gap-3">
      {scans.map((scan) => (
        <li key={`${scan.repository} ${scan.branch}`}>
          <p className="flex flex-wrap justify-between gap-x-3">
            <span className="font-medium">{scan.repository}</span>
            <span className="text-small text-fg2">
              {scan.branch} <code className="font-mono">{scan.commit.slice(0, 7)}</code>,{" "}
              <RelativeTime at={scan.scannedAt} />
            </span>
          </p>
          {scan.places === 0 ? (
            <p className="text-fg2">does not name {flagKey}</p>
          ) : (
            <details open={scan.places <= 5}>
              <summary className="w-fit rounded-badge text-fg2 hover:underline">
                {formatCount(scan.places, "place")}
              </summary>
              <ul className="mt-1 flex flex-col gap-1.5">
                {scan.examples.map(({ file, line, text }) => (
                  <li key={`${file} ${line}`} className="min-w-0">
                    <span className="block font-mono text-small break-all text-fg2">
                      {file}:{line}
                    </span>
                    <code className="block truncate font-mono text-small" title={text}>
                      {text.trim()}
                    </code>
                  </li>
                ))}
              </ul>
            </details>
          )}
        </li>
      ))}
    </ul>
  );
}
