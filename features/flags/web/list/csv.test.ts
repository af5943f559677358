import assert from "node:assert/strict";
import { test } from "node:test";

import type { FlagSummary } from "../../api.ts";
import { flagsCsv } from "./csv.ts";

const flag: FlagSummary = {
  id: "1",
  key: "checkout.one-page",
  type: "boolean",
  kind: "release",
  description: 'All on one page, said "fast"',
  owner: "p-1",
  initiativeId: null,
  expiresAt: null,
  lifecycle: "live",
  tags: ["checkout", "web"],
  createdAt: "2026-03-02T09:00:00.000Z",
  archivedAt: null,
  version: 1,
  published: [
    {
      environment: "production",
      revision: 4,
      publishedAt: "2026-03-02T09:00:00.000Z",
      enabled: false,
      exposureShare: 1,
      targeted: false,
      rules: 1,
    },
  ],
};

test("a flag is one line, quoted where a comma or a quote asks for it", () => {
  const [head, line, end] = flagsCsv(
    [flag],
    () => "Mara",
    () => undefined,
  ).split("\r\n");
  assert.match(head ?? "", /^key,description,kind/);
  assert.equal(
    line,
    'checkout.one-page,"All on one page, said ""fast""",release,boolean,live,checkout; web,Mara,2026-03-02T09:00:00.000Z,,production r4 off,',
  );
  assert.equal(end, "");
});

test("a text that a spreadsheet would run is kept a text", () => {
  const evil = { ...flag, description: "=HYPERLINK(1)" };
  assert.match(
    flagsCsv(
      [evil],
      () => "",
      () => undefined,
    ),
    /,'=HYPERLINK\(1\),/,
  );
});
