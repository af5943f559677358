import type { AuditVerdict } from "@paceline/audit/server";
import { Command } from "commander";

import { configOf, operatorContext, withLocal, withStore } from "../local.ts";
import type { LocalOptions } from "../local.ts";
import { EXIT, Failure, print, toJson } from "../outcome.ts";

interface VerifyOptions extends LocalOptions {
  readonly filesOnly: boolean;
  readonly workspace?: string;
}

interface ProveOptions extends LocalOptions {
  readonly workspace?: string;
}

function sentence({ workspaceId, verdict }: AuditVerdict["logs"][number]): string {
  const log = `the log of workspace ${workspaceId}`;
  switch (verdict.verdict) {
    case "intact": {
      const { treeSize, root } = verdict.checkpoint;
      return `Intact: ${log}, ${treeSize} entries, root ${Buffer.from(root).toString("base64")}.`;
    }
    case "tampered":
      return `TAMPERED: ${log}, first at entry ${verdict.firstBroken ?? "?"}.\n${toJson(verdict.problems)}`;
    case "unusable":
      return `Unusable: ${log}: ${verdict.reason}.`;
  }
}

function verify(): Command {
  return withLocal(new Command("verify"))
    .description("verify whole logs offline; exit code 0 intact, 1 tampered, 2 unusable")
    .option("--files-only", "do not compare with the database", false)
    .option("--workspace <id>", "only this workspace")
    .action(async (options: VerifyOptions) => {
      const config = configOf(options);
      const auditFolder = config.auditDir;
      const { verifyAudit } = await import("@paceline/audit/server");
      const wanted = options.workspace === undefined ? {} : { workspaceId: options.workspace };
      const result = options.filesOnly
        ? await verifyAudit({ auditFolder, ...wanted })
        : await withStore(config, ({ db }) => verifyAudit({ auditFolder, db, ...wanted }));
      const text =
        result.logs.length === 0
          ? "unusable: there is no audit log here"
          : result.logs.map(sentence).join("\n");
      print(options.json, result, text);
      process.exitCode = result.exitCode;
    });
}

function prove(): Command {
  return withLocal(new Command("prove"))
    .description("prove one entry; exit code 0 intact, 1 tampered, 2 unusable")
    .argument("<entry>", "its index or id")
    .option("--workspace <id>", "its workspace, by default the first one")
    .action(async (entry: string, options: ProveOptions) => {
      const config = configOf(options);
      if (!/^(?:\d{1,15}|[0-9a-f-]{36})$/.test(entry))
        throw new Failure("<entry> must be an index or an id.", EXIT.usage);
      const name = entry.length < 36 ? Number(entry) : entry;
      const { exitCode, verdict } = await withStore(config, async (store) => {
        const workspaceId = options.workspace ?? (await operatorContext(store)).workspaceId;
        const { proveEntry } = await import("@paceline/audit/server");
        return proveEntry({
          auditFolder: config.auditDir,
          db: store.db,
          workspaceId,
          entry: name,
        });
      });
      print(options.json, { exitCode, verdict }, `${verdict.verdict}: ${toJson(verdict)}`);
      process.exitCode = exitCode;
    });
}

/** `paceline audit verify|prove`: on the machine of the data directory. */
export function auditCommand(): Command {
  return new Command("audit")
    .description("the audit log, checked offline")
    .addCommand(verify())
    .addCommand(prove());
}
