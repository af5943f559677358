import assert from "node:assert/strict";
import { test } from "node:test";

import { placeWords, shownValue } from "./difference-words.ts";
import {
  isAnswered,
  questionIn,
  questionWords,
  revertBody,
  withQuestion,
} from "./revert-questions.ts";

const buckets = questionIn({ kind: "rebuckets-units", extensions: { rules: ["half"] } });
const tests = questionIn({
  kind: "failing-flag-tests",
  extensions: { results: [{ name: "Anna gets on", passed: false }, { name: "Bo" }, 3] },
});

test("a refusal that an answer overcomes becomes a question, any other does not", () => {
  assert.deepEqual(buckets, { kind: "new-buckets", rules: ["half"] });
  assert.deepEqual(tests, { kind: "failing-tests", tests: ["Anna gets on", "Bo"] });
  assert.equal(questionIn({ kind: "flag-locked", extensions: { rules: ["half"] } }), null);
});

test("a question names the rules or the tests", () => {
  assert.match(questionWords({ kind: "new-buckets", rules: ["half"] }), /^Rule half would put/u);
  assert.match(questionWords({ kind: "new-buckets", rules: ["a", "b"] }), /^Rules a, b would put/u);
  assert.equal(
    questionWords({ kind: "failing-tests", tests: ["Anna gets on"] }),
    "One test of the flag does not hold in that revision: Anna gets on.",
  );
});

test("every question that came up must be answered, and only those are sent", () => {
  const asked = withQuestion(withQuestion([], buckets), tests);
  const none = { newBuckets: false, testsReason: "" };
  assert.equal(isAnswered([], none), true);
  assert.equal(isAnswered(asked, { newBuckets: true, testsReason: "  a " }), false);
  assert.equal(isAnswered(asked, { newBuckets: false, testsReason: "known" }), false);
  assert.equal(isAnswered(asked, { newBuckets: true, testsReason: "known" }), true);
  assert.deepEqual(revertBody(4, asked, { newBuckets: true, testsReason: " known " }), {
    revision: 4,
    acceptRebucketing: true,
    ignoreFailingTests: "known",
  });
  assert.deepEqual(revertBody(4, [], { newBuckets: true, testsReason: "x" }), { revision: 4 });
});

test("a question that comes again replaces the one before it", () => {
  const asked = withQuestion([{ kind: "new-buckets", rules: ["a"] }], buckets);
  assert.deepEqual(asked, [buckets]);
  assert.deepEqual(withQuestion(asked, null), asked);
});

test("a difference names its rule and says a share in percent", () => {
  const pointer = "/configuration/rules/half/exposureShare";
  assert.equal(placeWords(pointer), "rule half › exposure");
  assert.deepEqual(
    [0.1, 0.125, 0.07, 1].map((share) => shownValue(pointer, share)),
    ["10%", "12.5%", "7%", "100%"],
  );
  assert.equal(placeWords("/configuration/offVariant"), "variant while it is off");
  assert.equal(shownValue("/configuration/offVariant", "off"), '"off"');
  assert.equal(placeWords(""), "everything");
});
