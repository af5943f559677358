/**
 * Reporter of `npm test`: failures in full, skipped tests with their reason, and for tools/test.ts a line
 * `#failure {"test":…,"reason":…}` for each failed test, which it repeats at its end, and one closing line
 * `#summary {"passed":…,"failed":…,"skipped":…}`, which it adds up.
 */
import type { TestEvent } from "node:test/reporters";

const REASON_LENGTH = 4_000;

function indent(text: string): string {
  return text.replaceAll("\n", "\n    ");
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.stack ?? cause.message;
}

/** Whether it only says that tests in it failed, which are told themselves. */
function isOfSubtests(error: Error): boolean {
  return "failureType" in error && error.failureType === "subtestsFailed";
}

export default async function* report(
  source: AsyncIterable<TestEvent>,
): AsyncGenerator<string, void> {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for await (const event of source) {
    if (event.type === "test:pass") {
      const { name, file, skip, todo, details } = event.data;
      if (details.type === "suite") continue;
      if (skip !== undefined && skip !== false) {
        count.skipped += 1;
        const reason = typeof skip === "string" && skip !== "" ? skip : "no reason given";
        yield `  - skipped: ${name} (${reason})\n`;
      } else if (todo === undefined || todo === false) count.passed += 1;
      else yield `  - todo: ${name} (${file ?? ""})\n`;
    } else if (event.type === "test:fail") {
      const { name, file, details } = event.data;
      if (isOfSubtests(details.error)) continue;
      count.failed += 1;
      const reason = reasonOf(details.error);
      const said = JSON.stringify({ test: name, reason: reason.slice(0, REASON_LENGTH) });
      yield `  ✗ ${name}\n    ${file ?? ""}\n    ${indent(reason)}\n#failure ${said}\n`;
    } else if (event.type === "test:stderr") {
      yield event.data.message;
    }
  }
  yield `#summary ${JSON.stringify(count)}\n`;
}
