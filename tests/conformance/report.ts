/** Counts the cases of one run of a conformance suite and keeps what failed. */
export interface ConformanceReport {
  readonly passed: number;
  readonly failures: readonly string[];
  check: (name: string, holds: boolean | (() => boolean)) => void;
}

export function conformanceReport(): ConformanceReport {
  const failures: string[] = [];
  let passed = 0;
  return {
    get passed() {
      return passed;
    },
    failures,
    check(name, holds) {
      const problem = problemOf(holds);
      if (problem === null) passed += 1;
      else failures.push(`${name}${problem}`);
    },
  };
}

function problemOf(holds: boolean | (() => boolean)): string | null {
  try {
    return (typeof holds === "function" ? holds() : holds) ? null : "";
  } catch (error) {
    return `: threw ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Prints every failure and the closing line; the exit code is 1 if anything failed or nothing ran. */
export function printReport(report: ConformanceReport): number {
  for (const failure of report.failures) console.log(`FAIL ${failure}`);
  const ran = report.passed + report.failures.length;
  if (ran === 0) console.log("FAIL no vector was found");
  console.log(`${report.passed} passed, ${ran === 0 ? 1 : report.failures.length} failed`);
  return report.failures.length > 0 || ran === 0 ? 1 : 0;
}
