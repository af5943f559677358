import type { Db } from "@paceline/db";

import { runningBucketing } from "../domain/index.ts";
import type { EvaluatingClients, ProbeAnswers, RunningBucketing } from "../domain/index.ts";
import type { SubscriberProtocol, Subscribers } from "./subscribers.ts";

// A client that is not connected now may be again: what it ran on the last day counts.
const COUNTS_FOR_MS = 24 * 3_600_000;

/** What a kind of client answered to the probe. */
export interface ParityReport {
  readonly workspaceId: string;
  readonly environment: string;
  readonly protocol: SubscriberProtocol;
  readonly name: string;
  readonly version: string;
  readonly answers: ProbeAnswers;
  readonly reportedAt: Date;
}

/** Keeps the newest report of each kind of client. */
export async function writeParity(db: Db, report: ParityReport): Promise<RunningBucketing | null> {
  const bucketing = runningBucketing(report.answers);
  const values = {
    bucketing,
    answers: JSON.stringify(report.answers),
    reported_at: report.reportedAt,
  };
  await db
    .insertInto("flag_parity")
    .values({
      workspace_id: report.workspaceId,
      environment: report.environment,
      protocol: report.protocol,
      name: report.name,
      version: report.version,
      ...values,
    })
    .onConflict((conflict) =>
      conflict
        .columns(["workspace_id", "environment", "protocol", "name", "version"])
        .doUpdateSet(values),
    )
    .execute();
  return bucketing;
}

/** A kind of client that evaluates by itself, with what it was seen to run. */
export interface ParityRow extends EvaluatingClients {
  readonly protocol: SubscriberProtocol;
  /** How many listen now. */
  readonly clients: number;
  readonly reportedAt: Date | null;
}

const FORMULAS: readonly RunningBucketing[] = ["flagd-v2", "flagd-v2-utf16", "flagd-v1"];

/** Clients whose own code puts units into arms: flagd's in-process providers. Our SDKs report at once. */
function evaluatesItself(protocol: SubscriberProtocol): boolean {
  return protocol === "flagd-sync";
}

/**
 * The kinds of clients that evaluate by themselves: those that listen now, and those that reported in
 * the last day. Clients that ask the server (OFREP, flagd's RPC, pages) run the server's formula.
 */
export async function readParity(
  db: Db,
  subscribers: Subscribers,
  place: { readonly workspaceId: string; readonly environment: string },
  now: Date,
): Promise<readonly ParityRow[]> {
  const { workspaceId, environment } = place;
  const reports = await db
    .selectFrom("flag_parity")
    .select(["protocol", "name", "version", "bucketing", "reported_at"])
    .where("workspace_id", "=", workspaceId)
    .where("environment", "=", environment)
    .orderBy("name")
    .orderBy("version")
    .execute();
  const connected = await subscribers.clients(workspaceId, environment);
  const countOf = (protocol: string, name: string, version: string): number =>
    connected
      .filter((one) => one.protocol === protocol && one.name === name && one.version === version)
      .reduce((total, { clients }) => total + clients, 0);
  const reported = reports.map((row): ParityRow => ({
    protocol: row.protocol === "flagd-sync" ? "flagd-sync" : "sdk",
    name: row.name,
    version: row.version,
    bucketing: FORMULAS.find((formula) => formula === row.bucketing) ?? "unknown",
    clients: countOf(row.protocol, row.name, row.version),
    reportedAt: row.reported_at,
  }));
  const since = now.getTime() - COUNTS_FOR_MS;
  const known = new Set(
    reported.map(({ protocol, name, version }) => `${protocol} ${name} ${version}`),
  );
  const silent = new Map<string, ParityRow>();
  for (const { protocol, name, version } of connected) {
    const key = `${protocol} ${name} ${version}`;
    if (!evaluatesItself(protocol) || known.has(key) || silent.has(key)) continue;
    const clients = countOf(protocol, name, version);
    silent.set(key, {
      protocol,
      name,
      version,
      bucketing: "unreported",
      clients,
      reportedAt: null,
    });
  }
  const recent = reported.filter(
    ({ clients, reportedAt }) => clients > 0 || (reportedAt?.getTime() ?? 0) > since,
  );
  return [...recent, ...silent.values()];
}
