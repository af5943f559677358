import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";

import {
  equalBytes,
  fromBase64,
  leafHash,
  openCheckpoint,
  parseVerifierKey,
  toBase64,
  verifyInclusion,
} from "@paceline/transparency-log";

import type { compare } from "./reference.ts";

const REPOSITORY = join(import.meta.dirname, "..", "..");
const DATA = join(REPOSITORY, "..", "shared", "data");
const TOLERANCE = 1e-6;

interface Effect {
  readonly effect: number;
  readonly interval: readonly [number, number];
  readonly p: number;
}

interface Side {
  readonly n: number;
  readonly value: number;
}

/** What the examples print with `--json`, as far as the tests read it. */
export interface Report {
  readonly units: number;
  readonly seconds: number;
  readonly verdict: string;
  readonly criterionSha256: string;
  readonly experiment: string;
  readonly sampleRatioP: number;
  readonly crossExposedUnits: number;
  readonly decidedAt: { readonly look: number };
  readonly verdicts: readonly {
    readonly arm: string;
    readonly verdict: string;
    readonly reason: string;
    readonly metrics: readonly {
      readonly metric: string;
      readonly role: string;
      readonly state: string;
      readonly control: Side;
      readonly treatment: Side;
      readonly absolute: Effect;
      readonly relative: Effect;
    }[];
  }[];
  readonly audit: {
    readonly entry: string;
    readonly checkpoint: string;
    readonly proof: {
      readonly index: number;
      readonly leaf: string;
      readonly leafHash: string;
      readonly hashes: readonly string[];
      readonly checkpoint: {
        readonly treeSize: number;
        readonly note: string;
        readonly publicKey: string;
      };
    };
  };
}

export interface ExampleRun {
  readonly report: Report;
  /** From the start of the command to its end: server, replay, report and stop. */
  readonly seconds: number;
  /** Mean number of processes that wanted a processor, of the minute before the start and before the end. */
  readonly loads: readonly number[];
}

/** A data set beside the repository, or why the test cannot run. */
export function dataSet(name: string): { readonly file: string; readonly skip: string | false } {
  const file = join(DATA, name);
  return {
    file,
    skip: existsSync(file) ? false : `the data set ${name} is not beside the repository`,
  };
}

/**
 * An example may take a minute on a machine with nothing else to do, and proportionally more where the
 * processors are shared, when it began or in its last minute.
 */
export function assertInTime({ seconds, loads }: ExampleRun): void {
  const allowed = 60 * Math.max(1, ...loads.map((load) => load / availableParallelism()));
  const words = `it took ${seconds.toFixed(1)} s of ${allowed.toFixed(0)} s`;
  assert.ok(seconds < allowed, words);
}

/** Runs an example as people do. Its standard output must be one JSON document and nothing else. */
export async function runExample(name: string, args: readonly string[]): Promise<ExampleRun> {
  const script = join(REPOSITORY, "docs", "examples", name, "run.ts");
  const started = performance.now();
  const [before = 0] = loadavg();
  const { code, output, errors } = await runNode([script, ...args, "--json"]);
  const seconds = (performance.now() - started) / 1000;
  const [after = 0] = loadavg();
  assert.equal(code, 0, errors);
  assert.match(output, /^\{.*\}\n$/s);
  const report: Report = JSON.parse(output);
  return { report, seconds, loads: [before, after] };
}

/** Runs a script to its end, wherever the caller is. */
export async function runNode(
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string; readonly errors: string }> {
  const child = spawn(process.execPath, args, {
    cwd: REPOSITORY,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output, errors };
}

/** Holds what the product says of one metric against the reference. */
export function assertAgrees(
  report: Report,
  arm: string,
  metric: string,
  reference: ReturnType<typeof compare>,
): void {
  const found = report.verdicts
    .find((verdict) => verdict.arm === arm)
    ?.metrics.find((row) => row.metric === metric);
  assert.ok(found !== undefined, `${metric} of ${arm} is missing`);
  assert.equal(found.control.n, reference.control.n, `${metric} of ${arm}: control n`);
  assert.equal(found.treatment.n, reference.treatment.n, `${metric} of ${arm}: treatment n`);
  for (const scale of ["absolute", "relative"] as const) {
    const [ours, theirs] = [found[scale], reference[scale]];
    const pairs = {
      effect: [ours.effect, theirs.effect],
      "lower end": [ours.interval[0], theirs.interval[0]],
      "upper end": [ours.interval[1], theirs.interval[1]],
      p: [ours.p, theirs.p],
    } as const;
    for (const [name, [product, expected]] of Object.entries(pairs)) {
      const words = `${metric} of ${arm}, ${scale} ${name}: ${product} against ${expected}`;
      assert.ok(Math.abs(product - expected) < TOLERANCE, words);
      // Tiny p values would pass against zero: they must also have the right digits.
      if (name === "p") assert.ok(Math.abs(product / expected - 1) < 1e-5, words);
    }
  }
}

/** Verifies the proof in a report with nothing but the report: signature, inclusion, and what the entry says. */
export function assertProven(report: Report): void {
  const { entry, checkpoint, proof } = report.audit;
  assert.equal(checkpoint, proof.checkpoint.note);
  const key = parseVerifierKey(proof.checkpoint.publicKey);
  assert.ok(key.ok);
  const opened = openCheckpoint(Buffer.from(checkpoint), [key.value]);
  assert.ok(opened.ok, "the checkpoint is not signed by its key");
  const leaf = fromBase64(proof.leaf);
  assert.ok(leaf !== null);
  assert.equal(toBase64(leafHash(leaf)), proof.leafHash);
  const claim = {
    index: proof.index,
    treeSize: opened.value.treeSize,
    leafHash: leafHash(leaf),
    root: opened.value.root,
    proof: proof.hashes.map((text) => fromBase64(text) ?? assert.fail(text)),
  };
  assert.ok(verifyInclusion(claim), "the entry is not in the signed tree");
  const forged = Buffer.from(Buffer.from(leaf).toString().replace(report.verdict, "stay"));
  assert.ok(!equalBytes(leafHash(forged), claim.leafHash));
  assert.ok(!verifyInclusion({ ...claim, leafHash: leafHash(forged) }));
  assertEntrySays(report, JSON.parse(Buffer.from(leaf).toString()), entry);
}

function assertEntrySays(report: Report, stated: unknown, entry: string): void {
  assert.ok(typeof stated === "object" && stated !== null);
  const { id, action, subject, detail } = stated as Record<string, never> & {
    readonly id: string;
    readonly action: string;
    readonly subject: { readonly id: string };
    readonly detail: {
      readonly criterionSha256: string;
      readonly analysis: Pick<Report, "verdict"> & {
        readonly look: number;
        readonly arms: readonly { readonly arm: string; readonly verdict: string }[];
      };
    };
  };
  assert.equal(id, entry);
  assert.equal(action, "experiment.look");
  assert.equal(subject.id, report.experiment);
  assert.equal(detail.criterionSha256, report.criterionSha256);
  assert.equal(detail.analysis.verdict, report.verdict);
  assert.equal(detail.analysis.look, report.decidedAt.look);
  assert.deepEqual(
    detail.analysis.arms.map(({ arm, verdict }) => [arm, verdict]),
    report.verdicts.map(({ arm, verdict }) => [arm, verdict]),
  );
}
