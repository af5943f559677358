/** Counts the cases of one run of a conformance suite, and keeps what failed and what was not run. */
export interface ConformanceReport {
  readonly passed: number;
  readonly failures: readonly string[];
  readonly skipped: readonly string[];
  check: (name: string, holds: boolean | (() => boolean)) => void;
  /** Says what was found but not run, and why. */
  skip: (name: string, reason: string) => void;
}

export function conformanceReport(): ConformanceReport {
  const failures: string[] = [];
  const skipped: string[] = [];
  let passed = 0;
  return {
    get passed() {
      return passed;
    },
    failures,
    skipped,
    check(name, holds) {
      const problem = problemOf(holds);
      if (problem === null) passed += 1;
      else failures.push(`${name}${problem}`);
    },
    skip(name, reason) {
      skipped.push(`${name}: ${reason}`);
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

/** Prints what was left out, every failure and the closing line; 1 if anything failed or nothing ran. */
export function printReport(report: ConformanceReport): number {
  for (const line of report.skipped) console.log(`SKIPPED ${line}`);
  for (const failure of report.failures) console.log(`FAIL ${failure}`);
  const ran = report.passed + report.failures.length;
  if (ran === 0) console.log("FAIL no vector was found");
  console.log(`${report.passed} passed, ${ran === 0 ? 1 : report.failures.length} failed`);
  return report.failures.length > 0 || ran === 0 ? 1 : 0;
}
