import type { Access, Replayed } from "./replay.ts";
import type { Study } from "./study.ts";

interface Effect {
  readonly effect: number;
  readonly interval: readonly [number, number];
  readonly p: number;
}

interface MetricRow {
  readonly metric: string;
  readonly role: string;
  readonly state: string;
  readonly control: { readonly n: number; readonly value: number };
  readonly treatment: { readonly n: number; readonly value: number };
  readonly absolute: Effect;
  readonly relative: Effect;
  readonly sequential: unknown;
}

interface ArmRow {
  readonly arm: string;
  readonly verdict: string;
  readonly reason: string;
  readonly metrics: readonly MetricRow[];
}

interface AnalysisRow {
  readonly look: number;
  readonly informationFraction: number;
  readonly srm: { readonly p: number };
  readonly crossExposure: { readonly units: number };
  readonly arms: readonly ArmRow[];
}

interface Detail {
  readonly verdict: string;
  readonly looks: readonly {
    readonly look: number;
    readonly asOf: string;
    readonly analysis: AnalysisRow;
    readonly auditEntry: string;
  }[];
}

interface Proven {
  readonly entry: { readonly index: number | null };
  readonly proof: {
    readonly index: number;
    readonly leafHash: string;
    readonly hashes: readonly string[];
    readonly checkpoint: {
      readonly treeSize: number;
      readonly root: string;
      readonly note: string;
    };
  } | null;
}

/** What an example prints with `--json`. */
export interface Report {
  readonly study: string;
  readonly about: string;
  readonly units: number;
  readonly events: number;
  readonly seconds: number;
  readonly initiative: string;
  readonly decision: Replayed["decision"];
  readonly criterionSha256: string;
  readonly experiment: string;
  readonly verdict: string;
  /** The look that decided; the metrics of `verdicts` are over all data of the file. */
  readonly decidedAt: {
    readonly look: number;
    readonly asOf: string;
    readonly informationFraction: number;
  };
  readonly sampleRatioP: number;
  readonly crossExposedUnits: number;
  readonly verdicts: readonly ArmRow[];
  readonly audit: {
    readonly entry: string;
    readonly index: number | null;
    readonly checkpoint: string | null;
    readonly proof: Proven["proof"];
  };
}

const PROOF_TRIES = 100;
const PROOF_PAUSE_MS = 100;

async function readProof(access: Access, entry: string): Promise<Proven> {
  for (let attempt = 1; ; attempt++) {
    const { body } = await access.client.call(
      "GET",
      `/api/v1/audit/entries/${entry}`,
      access.admin,
    );
    const proven: Proven = JSON.parse(JSON.stringify(body));
    if (proven.proof !== null || attempt === PROOF_TRIES) return proven;
    await new Promise((resolve) => setTimeout(resolve, PROOF_PAUSE_MS));
  }
}

/**
 * Reads the verdict, the numbers and the audit proof back from the server. The verdict is the one of
 * the look that decided; the numbers are over all recorded data, also what came after that look.
 */
export async function readReport(
  study: Study,
  access: Access,
  replayed: Replayed,
  seconds: number,
): Promise<Report> {
  const path = `/api/v1/experiments/${replayed.experimentId}`;
  const { body } = await access.client.call("GET", path, access.admin);
  const detail: Detail = JSON.parse(JSON.stringify(body));
  const last = detail.looks.at(-1);
  if (last === undefined) throw new Error("the server took no look");
  const reading = await access.client.call("GET", `${path}/reading`, access.admin);
  const all: AnalysisRow = JSON.parse(JSON.stringify(reading.body));
  const proven = await readProof(access, last.auditEntry);
  return {
    study: study.name,
    about: study.about,
    units: replayed.units,
    events: replayed.events,
    seconds: Math.round(seconds * 10) / 10,
    initiative: replayed.initiative.key,
    decision: replayed.decision,
    criterionSha256: replayed.criterionSha256,
    experiment: replayed.experimentId,
    verdict: detail.verdict,
    decidedAt: {
      look: last.look,
      asOf: last.asOf,
      informationFraction: last.analysis.informationFraction,
    },
    sampleRatioP: all.srm.p,
    crossExposedUnits: all.crossExposure.units,
    verdicts: last.analysis.arms.map(({ arm, verdict, reason, metrics }) => ({
      arm,
      verdict,
      reason,
      metrics: all.arms.find((row) => row.arm === arm)?.metrics ?? metrics,
    })),
    audit: {
      entry: last.auditEntry,
      index: proven.entry.index,
      checkpoint: proven.proof?.checkpoint.note ?? null,
      proof: proven.proof,
    },
  };
}

const number = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });
const percent = new Intl.NumberFormat("en-US", {
  style: "percent",
  maximumFractionDigits: 1,
  signDisplay: "exceptZero",
});

function metricLine({ metric, role, control, treatment, absolute, relative }: MetricRow): string {
  const change = `${number.format(absolute.effect)} (${number.format(absolute.interval[0])} to ${number.format(absolute.interval[1])})`;
  const share = `${percent.format(relative.effect)} (${percent.format(relative.interval[0])} to ${percent.format(relative.interval[1])})`;
  return `    ${metric.padEnd(12)} ${role.padEnd(10)} ${number.format(control.value).padStart(8)} → ${number.format(treatment.value).padEnd(8)} ${change.padEnd(36)} ${share}  p ${absolute.p.toPrecision(2)}`;
}

/** Prints a report for people. */
export function printReport(report: Report): void {
  const { decidedAt, audit } = report;
  const lines = [
    "",
    `${report.study}: ${report.verdict}`,
    "",
    report.about,
    "",
    `${report.initiative} was decided: ${report.decision.headline}`,
    `${report.units} units, ${report.events} events in ${report.seconds} s; sample ratio p ${report.sampleRatioP.toPrecision(2)}, ${report.crossExposedUnits} cross-exposed.`,
    `Look ${decidedAt.look} decided, with data up to ${decidedAt.asOf} (information fraction ${decidedAt.informationFraction.toFixed(2)}).`,
    ...report.verdicts.flatMap(({ arm, verdict, reason, metrics }) => [
      "",
      `  ${arm}: ${verdict}. ${reason}`,
      `    ${"metric".padEnd(12)} ${"role".padEnd(10)} ${"control → treatment".padEnd(19)} ${"difference (95 % interval)".padEnd(36)} relative`,
      ...metrics.map(metricLine),
    ]),
    "",
    `Criterion sha256 ${report.criterionSha256}, locked before the first exposure.`,
    `Audit entry ${audit.entry}, index ${audit.index}, in the tree of ${audit.proof?.checkpoint.treeSize} with root ${audit.proof?.checkpoint.root}.`,
    "",
  ];
  console.log(lines.join("\n"));
}
