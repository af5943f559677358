import {
  Button,
  Card,
  EmptyState,
  ErrorState,
  KeyValues,
  Loaded,
  Notice,
  ProgressBar,
  RelativeTime,
  Select,
  SkeletonRows,
  TextField,
  VerdictBanner,
  asProblem,
  formatDateTime,
  formatNumber,
  useMay,
} from "@paceline/web-kit";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Scale } from "lucide-react";
import { useState } from "react";

import type { ParityReportView } from "../../api.ts";
import { parityQuery, sourcesQuery } from "../queries.ts";
import { ParityEvents } from "./ParityEvents.tsx";
import { sendExport } from "./send-export.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const tones = { equal: "positive", close: "caution", apart: "negative", nothing: "plain" } as const;
const titles = {
  equal: "Both have the same messages",
  close: "Nearly the same",
  apart: "They differ",
  nothing: "Nothing to compare",
} as const;

/** `2026-01-05T14:00` in UTC, as the field of the browser takes it. */
function fieldText(at: number): string {
  return new Date(at).toISOString().slice(0, 16);
}

/** Whether this product has what the other vendor has, while both are sent the same. */
export function ParityTab(props: { environment: string }) {
  const { environment } = props;
  const mayCompare = useMay("event.compare");
  const queries = useQueryClient();
  const latest = useQuery(parityQuery(environment));
  const compare = useMutation({
    mutationFn: sendExport,
    onSuccess: (report) => queries.setQueryData(parityQuery(environment).queryKey, { report }),
  });
  return (
    <div className="flex flex-col gap-5">
      {mayCompare ? (
        <CompareForm
          environment={environment}
          busy={compare.isPending}
          error={compare.error}
          onCompare={(request) => compare.mutate(request)}
        />
      ) : (
        <Notice>
          Owners, engineers and analysts compare; the last report is shown to everyone.
        </Notice>
      )}
      <Loaded query={latest} skeleton={<SkeletonRows />}>
        {({ report }) =>
          report === null ? (
            <Card>
              <EmptyState icon={<Scale />} title="The report appears here">
                For each event: how many both have, which message ids one of them misses, and which
                properties differ, hour by hour.
              </EmptyState>
            </Card>
          ) : (
            <Report report={report} />
          )
        }
      </Loaded>
    </div>
  );
}

function CompareForm(props: {
  environment: string;
  busy: boolean;
  error: unknown;
  onCompare: (request: Parameters<typeof sendExport>[0]) => void;
}) {
  const { environment, busy, error, onCompare } = props;
  const sources = useQuery(sourcesQuery(environment));
  const [file, setFile] = useState<File>();
  const [until] = useState(() => Math.floor(Date.now() / hourMs) * hourMs);
  const [from, setFrom] = useState(fieldText(until - dayMs));
  const [to, setTo] = useState(fieldText(until));
  const [source, setSource] = useState("");
  const problem = error == null ? undefined : asProblem(error);
  return (
    <Card
      title="Run beside your old vendor"
      note="send both the same events, then compare an export of theirs with what is here"
    >
      <form
        className="grid items-end gap-4 sm:grid-cols-2 lg:grid-cols-[minmax(0,1.4fr)_1fr_1fr_1fr_auto]"
        onSubmit={(event) => {
          event.preventDefault();
          if (file === undefined) return;
          onCompare({ environment, file, from: `${from}:00Z`, to: `${to}:00Z`, source });
        }}
      >
        <div className="flex min-w-0 flex-col gap-1.5">
          <label htmlFor="parity-file" className="font-medium">
            Export of the other vendor
          </label>
          <input
            id="parity-file"
            type="file"
            required
            accept=".ndjson,.jsonl,.json,.csv,.gz"
            onChange={(event) => setFile(event.target.files?.[0])}
            className="h-8 w-full rounded-control border border-fg3 bg-surface text-small file:mr-2 file:h-full file:border-0 file:border-r file:border-line file:bg-sunken file:px-2.5 file:text-fg"
          />
        </div>
        <TextField
          label="From (UTC)"
          type="datetime-local"
          required
          value={from}
          onChange={setFrom}
        />
        <TextField
          label="To (UTC)"
          type="datetime-local"
          required
          value={to}
          onChange={setTo}
          error={problem?.faultAt("query/to")}
        />
        <Select
          label="Compare with"
          options={[
            { value: "", label: "Every source" },
            ...(sources.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={source}
          onChange={setSource}
        />
        <Button type="submit" kind="primary" busy={busy}>
          Compare
        </Button>
      </form>
      <div className="mt-3 flex flex-col gap-3">
        {busy && <ProgressBar label="Comparing" />}
        {problem !== undefined && problem.faults.length === 0 && (
          <ErrorState inline error={error} />
        )}
        <p className="text-small text-fg3">
          NDJSON or CSV, gzip or not, with a message id, an event name and a timestamp in every row.
          Larger ones: <code className="font-mono">paceline events parity FILE</code>.
        </p>
      </div>
    </Card>
  );
}

function Report(props: { report: ParityReportView }) {
  const { report } = props;
  const { verdict, here, there, missingHere, missingThere } = report;
  const differing = report.events.flatMap(({ schema }) => schema).length;
  return (
    <>
      <VerdictBanner
        tone={tones[verdict.kind]}
        title={titles[verdict.kind]}
        figures={[
          {
            label: "Here",
            value: formatNumber(here),
            detail: `${formatNumber(missingThere)} only here`,
          },
          {
            label: "There",
            value: formatNumber(there),
            detail: `${formatNumber(missingHere)} only there`,
          },
          { label: "Properties", value: formatNumber(differing), detail: "differ" },
        ]}
        foot={
          <span>
            Compared <RelativeTime at={report.comparedAt} /> by {report.comparedBy}, from{" "}
            {formatDateTime(report.from, "UTC")} to {formatDateTime(report.to, "UTC")} UTC
          </span>
        }
      >
        {verdict.sentence}
      </VerdictBanner>
      <ParityEvents report={report} />
      {report.duplicatesThere + report.outsideThere + report.unreadableThere > 0 && (
        <Card title="Left out of the file">
          <KeyValues
            items={[
              {
                key: "Twice",
                value: `${formatNumber(report.duplicatesThere)} rows repeat a message id`,
              },
              {
                key: "Other time",
                value: `${formatNumber(report.outsideThere)} rows are of another time`,
              },
              {
                key: "Unreadable",
                value: `${formatNumber(report.unreadableThere)} rows name no message id or no instant`,
              },
            ]}
          />
        </Card>
      )}
    </>
  );
}
