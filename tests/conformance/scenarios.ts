import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { AstBuilder, compile, GherkinClassicTokenMatcher, Parser } from "@cucumber/gherkin";
import { IdGenerator } from "@cucumber/messages";
import type { Pickle } from "@cucumber/messages";

/** Every scenario of the features in a folder, by file. */
export function readScenarios(folder: string): readonly { file: string; pickle: Pickle }[] {
  const newId = IdGenerator.uuid();
  return readdirSync(folder)
    .filter((name) => name.endsWith(".feature"))
    .toSorted()
    .flatMap((file) => {
      const parser = new Parser(new AstBuilder(newId), new GherkinClassicTokenMatcher());
      const document = parser.parse(readFileSync(join(folder, file), "utf8"));
      return compile(document, file, newId).map((pickle) => ({ file, pickle }));
    });
}
