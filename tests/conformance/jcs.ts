// Checks the canonical JSON of @paceline/transparency-log against a folder of RFC 8785 vectors:
// `input/<name>.json` must become the bytes of `output/<name>.json` and, where present, of
// `outhex/<name>.txt`. Usage: node tests/conformance/jcs.ts <dir>
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { canonicalJsonBytes } from "@paceline/transparency-log";

import { conformanceReport, printReport } from "./report.ts";
import type { ConformanceReport } from "./report.ts";
import { unusable } from "./vector-files.ts";

export function runJcsVectors(directory: string): ConformanceReport {
  const report = conformanceReport();
  const inputs = join(directory, "input");
  if (!existsSync(inputs)) return report;
  for (const file of readdirSync(inputs).filter((name) => name.endsWith(".json"))) {
    const expected = expectedBytes(directory, file);
    report.check(`${file}: there is an expected output`, expected.length > 0);
    const read = (): Uint8Array =>
      canonicalJsonBytes(JSON.parse(readFileSync(join(inputs, file), "utf8")));
    for (const { name, bytes } of expected)
      report.check(`${file}: equals ${name}`, () => bytes.equals(read()));
    report.check(`${file}: its canonical form is its own canonical form`, () => {
      const once = Buffer.from(read());
      return once.equals(canonicalJsonBytes(JSON.parse(once.toString("utf8"))));
    });
  }
  return report;
}

function expectedBytes(directory: string, file: string): { name: string; bytes: Buffer }[] {
  const output = join(directory, "output", file);
  const hex = join(directory, "outhex", file.replace(/\.json$/, ".txt"));
  return [
    ...(existsSync(output) ? [{ name: "output", bytes: readFileSync(output) }] : []),
    ...(existsSync(hex)
      ? [
          {
            name: "outhex",
            bytes: Buffer.from(readFileSync(hex, "utf8").replaceAll(/\s/g, ""), "hex"),
          },
        ]
      : []),
  ];
}

if (import.meta.main) {
  const [directory] = process.argv.slice(2);
  const usage = "node tests/conformance/jcs.ts <dir>";
  process.exitCode =
    directory === undefined || !existsSync(directory)
      ? unusable(usage, directory)
      : printReport(runJcsVectors(directory));
}
