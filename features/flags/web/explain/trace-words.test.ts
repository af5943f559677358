import assert from "node:assert/strict";
import { test } from "node:test";

import { checkWords, clauseWords } from "./trace-words.ts";

const asked = { kind: "comparison", attribute: "country", operator: "in", value: ["DE", "AT"] };

test("a failed clause says what the context has instead, or that it has nothing", () => {
  const clause = { ...asked, kind: "comparison" as const, holds: false };
  assert.equal(clauseWords({ ...clause, actual: "FR" }), "country is one of DE, AT; it is FR");
  assert.equal(clauseWords(clause), "country is one of DE, AT; the context has no country");
});

test("a clause that holds by being equal repeats nothing", () => {
  const clause = {
    kind: "comparison",
    holds: true,
    attribute: "plan",
    operator: "equals",
    value: "pro",
    actual: "pro",
  } as const;
  assert.equal(clauseWords(clause), "plan is pro");
  assert.equal(
    clauseWords({ ...clause, operator: "in", value: ["pro", "max"] }),
    "plan is one of pro, max; it is pro",
  );
});

test("each check says what failed in words", () => {
  const layer = { kind: "layer", key: "checkout" } as const;
  const gate = { kind: "gate", unit: "id", part: 1, ranges: [], negate: false } as const;
  assert.equal(
    checkWords({ ...gate, source: layer, holds: false }),
    "Not in the slots of layer checkout",
  );
  const holdout = { kind: "holdout", key: "winter" } as const;
  assert.equal(
    checkWords({ ...gate, source: holdout, holds: false }),
    "Held out by holdout winter",
  );
  assert.equal(
    checkWords({ ...gate, source: layer, holds: false, part: null }),
    "layer checkout: the context has no id",
  );
  const exposure = { kind: "exposure", part: 7, share: 0.125, override: null } as const;
  assert.equal(checkWords({ ...exposure, holds: false }), "Outside the exposure of 12.5%");
  assert.equal(
    checkWords({ kind: "prerequisite", holds: false, flag: "a", variants: ["on"], variant: null }),
    "a must give on; it gives the default in the code",
  );
});
