import assert from "node:assert/strict";
import { test } from "node:test";

import { compare, readTable, sampleRatioP } from "./reference.ts";
import { assertAgrees, assertInTime, assertProven, dataSet, runExample } from "./run-example.ts";

const { file, skip } = dataSet("cookie_cats.csv.gz");
const METRICS = {
  retention_7: { column: "retention_7", statistic: "proportion" },
  retention_1: { column: "retention_1", statistic: "proportion" },
  rounds: { column: "sum_gamerounds", statistic: "mean" },
} as const;

test(
  "a later gate in a mobile game ends in rollback, with the numbers of the file",
  { skip },
  async () => {
    const run = await runExample("mobile-game", [file]);
    assertInTime(run);
    const { report } = run;
    assert.equal(report.units, 90_189);
    assert.equal(report.verdict, "rollback");
    assert.deepEqual(
      report.verdicts.map(({ arm, verdict }) => [arm, verdict]),
      [["gate_40", "rollback"]],
    );
    const table = readTable(file);
    const values = (version: string, column: string): number[] =>
      table
        .filter((row) => row.get("version") === version)
        .map((row) => {
          const cell = row.get(column) ?? assert.fail(`no column ${column}`);
          return cell === "TRUE" ? 1 : cell === "FALSE" ? 0 : Number(cell);
        });
    for (const [metric, { column, statistic }] of Object.entries(METRICS)) {
      const reference = compare(values("gate_30", column), values("gate_40", column), statistic);
      assertAgrees(report, "gate_40", metric, reference);
    }
    const counts = ["gate_30", "gate_40"].map((version) => values(version, "userid").length);
    assert.ok(Math.abs(report.sampleRatioP - sampleRatioP(counts, [0.5, 0.5])) < 1e-6);
    assert.equal(report.crossExposedUnits, 0);
    assertProven(report);
  },
);
