import assert from "node:assert/strict";
import { test } from "node:test";

import { compare, sampleRatioP, studentTail } from "./reference.ts";

test("the reference itself agrees with printed tables", () => {
  // Fisher and Yates, table III; the normal distribution as the limit; Cauchy's as one degree of freedom.
  assert.ok(Math.abs(studentTail(2.228_138_852, 10) - 0.025) < 1e-9);
  assert.ok(Math.abs(studentTail(1.959_963_984_540_054, 1e12) - 0.025) < 1e-9);
  assert.ok(Math.abs(studentTail(2.776_445_105, 4) - 0.025) < 1e-9);
  assert.ok(Math.abs(studentTail(6, 1e12) / 9.865_876_450_377e-10 - 1) < 1e-6);
  // Student's own sleep data (1908), as R prints t.test(extra ~ group): t = -1.8608, df = 17.776, p = 0.07939.
  const { absolute } = compare(
    [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2],
    [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
    "mean",
  );
  assert.ok(Math.abs(absolute.p - 0.079_394_14) < 1e-7, String(absolute.p));
  assert.ok(Math.abs(absolute.interval[0] - -0.205_483_2) < 1e-6, String(absolute.interval[0]));
  assert.ok(Math.abs(absolute.interval[1] - 3.365_483_2) < 1e-6);
  // A coin that fell 60 times on one side of 100: chi-squared 4 with one degree of freedom.
  assert.ok(Math.abs(sampleRatioP([60, 40], [0.5, 0.5]) - 0.045_500_263_9) < 1e-9);
});
