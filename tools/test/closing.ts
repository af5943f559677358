/** What the closing lines of `npm test` repeat of each failed test: the end of an output is what survives a cut. */
import type { Failure, Outcome } from "./queue.ts";

const LINES_OF_EACH = 8;
const LINE_LENGTH = 200;
const ALL_LENGTH = 5_000;

function cut(line: string): string {
  return line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)} …` : line;
}

/** The first lines of what was said, and where: the place in the test, or where it was thrown. */
function shortened(reason: string): readonly string[] {
  const lines = reason.split("\n").filter((line) => line.trim() !== "");
  const stack = lines.filter((line) => /^\s+at /.test(line));
  const place = stack.find((line) => /\.test\.tsx?:\d+/.test(line)) ?? stack[0];
  const said = lines.filter((line) => !stack.includes(line)).slice(0, LINES_OF_EACH);
  return (place === undefined ? said : [...said, place]).map(cut);
}

function ofTest({ test, reason }: Failure): string {
  return `    ✗ ${cut(test)}\n${shortened(reason)
    .map((line) => `      ${line}\n`)
    .join("")}`;
}

/**
 * Every failed job with its failed tests and the first lines of their errors, in a few kB: the jobs and the
 * names of tests first of all, reasons as long as there is room.
 *
 * @returns an empty text where nothing has failed
 */
export function closingOf(outcomes: readonly Outcome[]): string {
  const failed = outcomes.filter(({ tally }) => tally.failed > 0);
  let room = ALL_LENGTH;
  let leftOut = 0;
  const take = (text: string, short: string): string => {
    const taken = [text, short].find(({ length }) => length <= room) ?? "";
    if (taken !== text) leftOut += 1;
    room -= taken.length;
    return taken;
  };
  const lines = failed.map(({ job, failures }) => {
    const head = `  ${job.suite}: ${job.name}\n`;
    const tests = failures.map((one) => take(ofTest(one), `    ✗ ${cut(one.test)}\n`));
    return `${take(head, "")}${tests.join("")}`;
  });
  const rest = leftOut === 0 ? "" : `  … and more of ${leftOut}, above and in the logs\n`;
  return failed.length === 0 ? "" : `Failed\n${lines.join("")}${rest}`;
}
