import { offlineProblem, readProblem } from "@paceline/web-kit";

import type { ParityReportView } from "../../api.ts";

type Request = {
  readonly environment: string;
  readonly file: File;
  readonly from: string;
  readonly to: string;
  /** Empty for all of them. */
  readonly source: string;
};

/** Sends the file as it is; the browser reads it from the disk piece by piece. */
export async function sendExport(request: Request): Promise<ParityReportView> {
  const { environment, file, from, to, source } = request;
  const csv = /\.csv(?:\.gz)?$/iu.test(file.name);
  const query = new URLSearchParams({
    environment,
    from,
    to,
    ...(csv ? { format: "csv" } : {}),
    ...(source === "" ? {} : { source }),
  });
  const address = `/api/v1/events/parity?${query.toString()}`;
  const response = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: file,
  }).catch((cause: unknown) => {
    // A comparison keeps its report only at the end, and can be made again.
    throw offlineProblem(true, cause);
  });
  if (response.ok) {
    const report: ParityReportView = await response.json();
    return report;
  }
  const document: unknown = await response.json().catch(() => undefined);
  throw readProblem(response.status, document, { reading: true });
}
