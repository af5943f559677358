/**
 * Holds the evaluator against others on random flags: flagd-core on well-typed rules over ASCII, and
 * json-logic-js on any rule over any JSON. The short form is in `npm test`.
 *
 *   npm run fuzz:flag-eval -- [--evaluations 1000000] [--rules 100000] [--seed N] [--json]
 *
 * A difference is shrunk to its smallest form and printed with its seed; exit code 1.
 */
import { parseArgs } from "node:util";

import fc from "fast-check";

import { anyData, anyRule, compareWithJsonLogic } from "./any-rule.ts";
import { asciiContext, compareWithFlagdCore, typedTargeting } from "./typed-rule.ts";

/** Contexts for which one flag is evaluated. */
const CONTEXTS = 20;
/** Flags or rules between two lines of progress. */
const BATCH = 1_000;

const { values } = parseArgs({
  options: {
    evaluations: { type: "string", default: "1000000" },
    rules: { type: "string", default: "100000" },
    seed: { type: "string", default: `${Date.now() & 0x7fffffff}` },
    json: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed);

function show(what: string, done: number, of: number): void {
  if (values.json || !process.stderr.isTTY) return;
  process.stderr.write(`\r${what} ${done.toLocaleString("en")} of ${of.toLocaleString("en")}`);
  if (done >= of) process.stderr.write("\n");
}

function fuzzFlagdCore(evaluations: number): number {
  let done = 0;
  for (let batch = 0; done < evaluations; batch += 1) {
    fc.assert(
      fc.property(
        typedTargeting,
        fc.constantFrom("red", "green", null),
        fc.array(asciiContext, { minLength: CONTEXTS, maxLength: CONTEXTS }),
        (targeting, defaultVariant, contexts) => {
          compareWithFlagdCore(targeting, defaultVariant, contexts);
          done += contexts.length;
        },
      ),
      { numRuns: Math.min(BATCH, Math.ceil((evaluations - done) / CONTEXTS)), seed: seed + batch },
    );
    show("evaluations like flagd-core", done, evaluations);
  }
  return done;
}

function fuzzJsonLogic(rules: number): number {
  let compared = 0;
  for (let batch = 0; compared < rules; batch += 1) {
    fc.assert(
      fc.property(anyRule, anyData, (logic, data) => {
        if (compareWithJsonLogic(logic, data)) compared += 1;
      }),
      { numRuns: Math.min(BATCH, rules - compared), seed: seed + batch },
    );
    show("rules like json-logic-js", compared, rules);
  }
  return compared;
}

try {
  const evaluations = fuzzFlagdCore(Number(values.evaluations));
  const rules = fuzzJsonLogic(Number(values.rules));
  console.log(
    values.json
      ? JSON.stringify({ seed, evaluations, rules, differing: 0 })
      : `seed ${seed}: ${evaluations.toLocaleString("en")} evaluations like flagd-core, ${rules.toLocaleString("en")} rules like json-logic-js, none differs`,
  );
} catch (cause) {
  console.error(cause instanceof Error ? cause.message : cause);
  process.exitCode = 1;
}
