import assert from "node:assert/strict";
import { test } from "node:test";

import { parseRange, within } from "./address.ts";
import { javaScriptPattern, re2Pattern } from "./pattern.ts";

test("patterns of RE2 mean here what they mean there", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["^[[:alpha:]]+$", "abc", true],
    ["^[[:alpha:]]+$", "abc1", false],
    ["^(?i)abc$", "ABC", true],
    ["a(?i)b|c", "aC", true],
    ["(x(?i)b)c", "xBC", false],
    [String.raw`\Aab\z`, "ab", true],
    [String.raw`\Aab\z`, "ab\n", false],
    [String.raw`^user\-\d+@x\.io$`, "user-7@x.io", true],
    ["(?P<name>a)", "a", true],
    ["^(?=a)b$", "b", false],
    [String.raw`^(a)\1$`, "aa", false],
    ["(unclosed", "(unclosed", false],
  ];
  for (const [source, subject, expected] of cases) {
    assert.equal(re2Pattern(source)(subject), expected, `${source} on ${subject}`);
  }
  assert.equal(re2Pattern("^abc$", true)("ABC"), true);
});

test("a pattern that JavaScript cannot read matches nothing", () => {
  assert.equal(javaScriptPattern("(")("("), false);
});

test("an address lies within the ranges that hold it, of its own family", () => {
  const inside = (inner: string, outer: string): boolean | null => {
    const [a, b] = [parseRange(inner), parseRange(outer)];
    return a === null || b === null ? null : within(a, b);
  };
  assert.equal(inside("10.1.2.3", "10.1.0.0/16"), true);
  assert.equal(inside("10.2.2.3", "10.1.0.0/16"), false);
  assert.equal(inside("10.1.0.0/8", "10.1.0.0/16"), false);
  assert.equal(inside("2001:db8::1", "2001:db8::/32"), true);
  assert.equal(inside("::ffff:1.2.3.4", "::ffff:0:0/96"), true);
  assert.equal(inside("1.2.3.4", "::/0"), false);
  for (const wrong of ["", "1.2.3", "1.2.3.256", "1.2.3.4/33", "1::2::3", "g::1", "1:2"]) {
    assert.equal(parseRange(wrong), null, wrong);
  }
});
