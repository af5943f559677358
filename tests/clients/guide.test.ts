import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";

test("the guide of the SDKs shows the files that its tests run, as they are", () => {
  const guide = readFileSync("docs/guides/sdks.md", "utf8");
  const files = globSync("docs/examples/providers/*.ts");
  assert.ok(files.length >= 4);
  for (const file of files) {
    const snippet = `\`\`\`ts\n${readFileSync(file, "utf8")}\`\`\`\n`;
    assert.ok(guide.includes(snippet), `the guide shows another ${file}`);
  }
});

test("the guide shows the files that the drill runs, as they are", () => {
  const guide = readFileSync("docs/guides/send-events.md", "utf8");
  const files = globSync("docs/examples/clients/*.ts");
  assert.ok(files.length >= 5);
  for (const file of files) {
    const snippet = `\`\`\`ts\n${readFileSync(file, "utf8")}\`\`\`\n`;
    assert.ok(guide.includes(snippet), `the guide shows another ${file}`);
  }
});
