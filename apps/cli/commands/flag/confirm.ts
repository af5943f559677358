import { createInterface } from "node:readline/promises";

import { EXIT, Failure } from "../../outcome.ts";

/** Asks a person. @throws Failure where nobody can be asked */
export async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new Failure("Nobody can be asked here: say --yes, or --dry-run to see only.", EXIT.usage);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
