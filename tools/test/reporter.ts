/**
 * Reporter of `npm test`: failures in full, skipped tests with their reason, one closing line
 * `#summary {"passed":…,"failed":…,"skipped":…}` that tools/test.ts adds up.
 */
import type { TestEvent } from "node:test/reporters";

function indent(text: string): string {
  return text.replaceAll("\n", "\n    ");
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.stack ?? cause.message;
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
      if (details.type === "suite" && details.error.cause === undefined) continue;
      count.failed += 1;
      yield `  ✗ ${name}\n    ${file ?? ""}\n    ${indent(reasonOf(details.error))}\n`;
    } else if (event.type === "test:stderr") {
      yield event.data.message;
    }
  }
  yield `#summary ${JSON.stringify(count)}\n`;
}
