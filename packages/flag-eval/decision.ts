import { greater, less, looseEqual, same, truthy } from "./coercion.ts";
import { step } from "./logic.ts";
import type { Expression, Frame, Run, Step } from "./logic.ts";
import { attributeOf } from "./variable.ts";

/** Where an expression that is a condition leads. */
export function branch({ run }: Expression, yes: Step, no: Step): Step {
  return run.branch === undefined ? step(run, yes, no) : run.branch(yes, no);
}

/** Where a decision ends with an expression's value; a decision within it goes on. */
export function end({ run }: Expression): Step {
  return run.entry ?? step(run);
}

/** Tests that are named here are compiled into the walk; others are called. */
function holds({ run, test, name, place, value }: Step, data: unknown, frame: Frame): boolean {
  if (test === undefined) return truthy(run(data, frame));
  const found = attributeOf(data, name, place);
  return test === looseEqual
    ? looseEqual(found, value)
    : test === same
      ? same(found, value)
      : test === less
        ? less(found, value)
        : test === greater
          ? greater(found, value)
          : truthy(test(found, value));
}

/**
 * The decisions of `if`, `and`, `or` and `!` as one walk over small objects, instead of a call for
 * each of them. A single one is called: that is as fast as its operator.
 */
export function walk(entry: Step): Run {
  const { run: condition, yes, no } = entry;
  const run: Run =
    yes && no && !yes.yes && !no.yes
      ? (data, frame) => (truthy(condition(data, frame)) ? yes : no).run(data, frame)
      : (data, frame) => {
          let current = entry;
          while (current.yes && current.no)
            current = holds(current, data, frame) ? current.yes : current.no;
          return current.run(data, frame);
        };
  run.entry = entry;
  return run;
}
