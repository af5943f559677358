import assert from "node:assert/strict";
import { test } from "node:test";

import { compare, readTable, sampleRatioP } from "./reference.ts";
import { assertAgrees, assertInTime, assertProven, dataSet, runExample } from "./run-example.ts";

const { file, skip } = dataSet("hillstrom.csv.gz");
const CONTROL = "No E-Mail";
const ARMS = { mens_email: "Mens E-Mail", womens_email: "Womens E-Mail" } as const;
const METRICS = { visit: "proportion", conversion: "proportion", spend: "mean" } as const;

test(
  "64,000 customers of an e-mail campaign end in ship, with the numbers of the file",
  { skip },
  async () => {
    const run = await runExample("email-campaign", [file]);
    assertInTime(run);
    const { report } = run;
    assert.equal(report.units, 64_000);
    assert.equal(report.verdict, "ship");
    assert.deepEqual(
      report.verdicts.map(({ arm, verdict }) => [arm, verdict]),
      [
        ["mens_email", "ship"],
        ["womens_email", "ship"],
      ],
    );
    const table = readTable(file);
    const values = (segment: string, column: string): number[] =>
      table
        .filter((row) => row.get("segment") === segment)
        .map((row) => Number(row.get(column) ?? assert.fail(`no column ${column}`)));
    for (const [arm, segment] of Object.entries(ARMS)) {
      for (const [metric, statistic] of Object.entries(METRICS)) {
        const reference = compare(values(CONTROL, metric), values(segment, metric), statistic);
        assertAgrees(report, arm, metric, reference);
      }
    }
    const counts = [CONTROL, ...Object.values(ARMS)].map((name) => values(name, "visit").length);
    const expected = sampleRatioP(counts, [0.3334, 0.3333, 0.3333]);
    assert.ok(Math.abs(report.sampleRatioP - expected) < 1e-6);
    assert.equal(report.crossExposedUnits, 0);
    assertProven(report);
  },
);
