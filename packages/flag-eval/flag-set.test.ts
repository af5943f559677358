import assert from "node:assert/strict";
import test from "node:test";

import { compileFlagSet } from "./flag-set.ts";
import type { FlagSet } from "./flag-set.ts";

function compiled(flags: Record<string, unknown>, others: Record<string, unknown> = {}): FlagSet {
  const result = compileFlagSet({ flags, ...others });
  assert.ok(result.ok);
  return result.value;
}

const onOff = { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off" };

test("a document that is no flag set is refused, a bad flag fails alone", () => {
  assert.deepEqual(compileFlagSet([]), { ok: false, error: { kind: "not-an-object" } });
  assert.deepEqual(compileFlagSet({ flags: [] }), { ok: false, error: { kind: "flags-missing" } });
  const flags = compiled({
    good: onOff,
    state: { ...onOff, state: "MAYBE" },
    mixed: { ...onOff, variants: { on: true, off: "no" } },
    default: { ...onOff, defaultVariant: "none" },
    operator: { ...onOff, targeting: { if: [{ nonsense: [1] }, "on"] } },
    nothing: null,
  });
  assert.deepEqual(
    flags.problems.map(({ flagKey }) => flagKey),
    ["state", "mixed", "default", "operator", "nothing"],
  );
  const all = flags.evaluateAll({}, 0);
  assert.deepEqual(
    all.map(({ errorCode }) => errorCode),
    [undefined, ...Array.from({ length: 5 }, () => "PARSE_ERROR")],
  );
  assert.deepEqual(all[0]?.value, false);
});

test("a bulk evaluation may ask for some flags only, and one that is not there says so", () => {
  const flags = compiled({ first: onOff, second: onOff, third: onOff });
  assert.deepEqual(
    flags.evaluateAll({}, 0, ["third", "gone", "first"]).map(({ key, reason }) => [key, reason]),
    [
      ["third", "STATIC"],
      ["gone", "ERROR"],
      ["first", "STATIC"],
    ],
  );
});

test("reasons follow OpenFeature: static, match, split, default, disabled, error", () => {
  const flags = compiled({
    static: onOff,
    match: { ...onOff, targeting: { if: [{ "==": [{ var: "plan" }, "pro"] }, "on"] } },
    split: { ...onOff, targeting: { fractional: [{ var: "id" }, ["on", 50], ["off", 50]] } },
    all: { ...onOff, targeting: { fractional: [{ var: "id" }, ["on", 1], ["off", 0]] } },
    gated: {
      ...onOff,
      targeting: { if: [{ fractional: [{ var: "id" }, [true, 1], [false, 1]] }, "on", "off"] },
    },
    disabled: { ...onOff, state: "DISABLED", targeting: { if: [true, "on"] } },
    open: { state: "ENABLED", variants: { on: true } },
    unknown: { ...onOff, targeting: { if: [true, "maybe"] } },
  });
  const context = { plan: "pro", id: "u1" };
  const reason = (key: string, attributes = {}): string =>
    flags.evaluate(key, { ...context, ...attributes }, 0).reason;
  assert.equal(reason("static"), "STATIC");
  assert.equal(reason("match"), "TARGETING_MATCH");
  assert.equal(reason("match", { plan: "free" }), "DEFAULT");
  assert.equal(reason("split"), "SPLIT");
  assert.equal(reason("split", { id: 7 }), "DEFAULT");
  assert.equal(reason("all"), "TARGETING_MATCH");
  assert.equal(reason("gated"), "TARGETING_MATCH");
  assert.equal(reason("disabled"), "DISABLED");
  assert.equal(flags.evaluate("disabled", context, 0).value, undefined);
  assert.equal(reason("open"), "DEFAULT");
  assert.equal(flags.evaluate("open", context, 0).value, undefined);
  assert.equal(flags.evaluate("unknown", context, 0).errorCode, "GENERAL");
  assert.equal(flags.evaluate("absent", context, 0).errorCode, "FLAG_NOT_FOUND");
  assert.equal(flags.resolve("string", "static", context, 0).errorCode, "TYPE_MISMATCH");
  assert.equal(flags.resolve("boolean", "static", context, 0).value, false);
});

test("a malformed attribute takes the else branch", () => {
  const flags = compiled({
    adult: { ...onOff, targeting: { if: [{ ">": [{ var: "age" }, 18] }, "on", "off"] } },
  });
  for (const age of ["abc", null, [], {}, { valueOf: 1, toString: 2 }, [["x"]]]) {
    const evaluation = flags.evaluate("adult", { age }, 0);
    assert.equal(evaluation.variant, "off");
    assert.equal(evaluation.reason, "TARGETING_MATCH");
  }
});

test("a version counts with its prefix and with spaces around it, and not with anything else", () => {
  const rule = { sem_ver: [{ var: "version" }, ">=", "1.2.3-rc.2"] };
  const flags = compiled({ next: { ...onOff, targeting: { if: [rule, "on", "off"] } } });
  const variantOf = (version: unknown) => flags.evaluate("next", { version }, 0).variant;
  for (const version of ["1.2.3", "v1.2.3", " 1.2.3 ", "1.2.3-rc.10", "1.2.3-rc.2.1", "1.2.3-x"]) {
    assert.equal(variantOf(version), "on", version);
  }
  for (const version of ["1.2.3-rc.1", "1.2.3-9", "1. 2.3", "01.2.3", "1.2.3.4", "", null, {}]) {
    assert.equal(variantOf(version), "off", JSON.stringify(version));
  }
});

test("evaluators may refer to one another but not to themselves", () => {
  const targeting = { if: [{ $ref: "both" }, "on", "off"] };
  const evaluators = {
    both: { and: [{ $ref: "one" }, { $ref: "one" }] },
    one: { "==": [{ var: "a" }, 1] },
  };
  const flags = compiled({ flag: { ...onOff, targeting } }, { $evaluators: evaluators });
  assert.equal(flags.evaluate("flag", { a: 1 }, 0).variant, "on");
  const loop = { both: { "!": [{ $ref: "one" }] }, one: { "!": [{ $ref: "both" }] } };
  const looping = compiled({ flag: { ...onOff, targeting } }, { $evaluators: loop });
  assert.equal(looping.evaluate("flag", {}, 0).errorCode, "PARSE_ERROR");
});

test("evaluators that double at each step cost their number, not their expansion", () => {
  const evaluators: Record<string, unknown> = { e0: { "==": [{ var: "a" }, 1] } };
  for (let index = 1; index <= 30; index += 1) {
    const before = { $ref: `e${index - 1}` };
    evaluators[`e${index}`] = { or: [before, before] };
  }
  const targeting = { if: [{ $ref: "e30" }, "on", "off"] };
  const flags = compiled({ flag: { ...onOff, targeting } }, { $evaluators: evaluators });
  assert.equal(flags.evaluate("flag", { a: 1 }, 0).variant, "on");
});

test("targeting nested deeper than the limit is a parse error, not a crash", () => {
  let targeting: unknown = { "==": [1, 1] };
  for (let index = 0; index < 20_000; index += 1) targeting = { "!": [targeting] };
  const flags = compiled({ flag: { ...onOff, targeting } });
  assert.equal(flags.evaluate("flag", {}, 0).errorCode, "PARSE_ERROR");
});

test("the flag's key and the time come from the call and not from the context", () => {
  const flags = compiled({
    timed: { ...onOff, targeting: { if: [{ ">=": [{ var: "$flagd.timestamp" }, 100] }, "on"] } },
    keyed: { ...onOff, targeting: { if: [{ "==": [{ var: "$flagd.flagKey" }, "keyed"] }, "on"] } },
  });
  const forged = { $flagd: { timestamp: 1e9, flagKey: "other" } };
  assert.equal(flags.evaluate("timed", forged, 99_999).variant, "off");
  assert.equal(flags.evaluate("timed", forged, 100_000).variant, "on");
  assert.equal(flags.evaluate("keyed", forged, 0).variant, "on");
});

test("metadata of the flag goes before metadata of the set", () => {
  const flags = compiled(
    { flag: { ...onOff, metadata: { team: "growth", size: 2, nested: { no: 1 } } } },
    { metadata: { team: "all", version: "7" } },
  );
  assert.deepEqual(flags.evaluate("flag", {}, 0).metadata, {
    team: "growth",
    version: "7",
    size: 2,
  });
  assert.deepEqual(flags.evaluate("none", {}, 0).metadata, { team: "all", version: "7" });
});

test("an explanation gives the same answer and what every operator gave", () => {
  const targeting = {
    if: [
      { and: [{ "==": [{ var: "plan" }, "pro"] }, { in: [{ var: "country" }, ["DE", "FR"]] }] },
      "on",
    ],
  };
  const flags = compiled({ flag: { ...onOff, targeting } });
  const context = { plan: "pro", country: "US" };
  const { evaluation, steps } = flags.explain("flag", context, 0);
  assert.deepEqual(evaluation, flags.evaluate("flag", context, 0));
  assert.deepEqual(
    steps.map(({ path, result }) => [path, result]),
    [
      ["/if/0/and/0/==/0/var", "pro"],
      ["/if/0/and/0/==", true],
      ["/if/0/and/1/in/0/var", "US"],
      ["/if/0/and/1/in", false],
      ["/if/0/and", false],
      ["/if", null],
    ],
  );
});

test("a changed set shares what did not change and leaves the old one as it was", () => {
  const before = compiled({ kept: onOff, changed: onOff, gone: onOff, bad: { state: "x" } });
  const after = before.with({
    changed: { ...onOff, defaultVariant: "on" },
    gone: null,
    added: onOff,
    bad: onOff,
  });
  assert.deepEqual(after.keys.toSorted(), ["added", "bad", "changed", "kept"]);
  assert.deepEqual(after.problems, []);
  assert.equal(after.evaluate("changed", {}, 0).variant, "on");
  assert.equal(after.evaluate("gone", {}, 0).errorCode, "FLAG_NOT_FOUND");
  assert.equal(after.evaluate("kept", {}, 0), before.evaluate("kept", {}, 0));
  assert.equal(before.evaluate("changed", {}, 0).variant, "off");
  assert.equal(before.problems.length, 1);
});
