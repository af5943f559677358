import {
  importEppo,
  importFlagsmith,
  importGrowthbook,
  importLaunchdarkly,
  importUnleash,
} from "@paceline/flag-import";
import type { Imported } from "@paceline/flag-import";
import { Argument, Command } from "commander";

import { EXIT, Failure, print, table } from "../outcome.ts";
import { readDocument } from "./initiative.ts";

const IMPORTERS: ReadonlyMap<string, (document: unknown) => Imported> = new Map([
  ["unleash", importUnleash],
  ["eppo", importEppo],
  ["growthbook", importGrowthbook],
  ["launchdarkly", importLaunchdarkly],
  ["flagsmith", importFlagsmith],
]);

function describe({ report, flags }: Imported): string {
  const rows = report.map((one) => [
    one.flagKey,
    String(flags.flags[one.flagKey]?.metadata?.["bucketing"] ?? ""),
    one.carried,
    [...one.extensions, ...one.missing].join("; "),
  ]);
  const count = (carried: string): number => report.filter((one) => one.carried === carried).length;
  const total = `${report.length} flags: ${count("portable")} for any flagd client, ${count("server")} for this server only, ${count("partial")} with something missing.`;
  return [table([["flag", "bucketing", "carried", "needs; lacks"], ...rows]), "", total].join("\n");
}

/** `paceline flag import <vendor> <file>`: offline; with `--json` also the flagd document. */
export function flagImportCommand(): Command {
  return new Command("import")
    .description("read another vendor's flags, and say what can be carried; changes nothing")
    .addArgument(new Argument("<vendor>").choices([...IMPORTERS.keys()]))
    .argument("<file>", "what the vendor's server-side SDK endpoint answers, JSON or YAML")
    .option("--json", "print the report and the flagd document as JSON", false)
    .action(async (vendor: string, file: string, options: { readonly json: boolean }) => {
      const imports = IMPORTERS.get(vendor);
      if (imports === undefined) throw new Failure(`${vendor} is not known.`, EXIT.usage);
      const imported = imports(await readDocument(file));
      if (imported.report.length === 0) {
        throw new Failure(`${file} holds no flag in the form of ${vendor}.`, EXIT.usage);
      }
      print(options.json, imported, describe(imported));
    });
}
