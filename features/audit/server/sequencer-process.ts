// A server in small, for the test that kills it: appends entries, and sequences them meanwhile.
// Prints the id of each entry whose transaction has committed.
// Usage: node sequencer-process.ts <database url> <audit folder> <workspace id>
import { argv, stderr, stdout } from "node:process";

import { inTransaction, listen, openDatabase } from "@paceline/db";

import { appendAudit } from "./append-audit.ts";
import { startSequencer } from "./sequencer.ts";
import { openSigningKey } from "./signing-key.ts";
import { newWorkspace, SERVICE } from "./test-context.ts";

const WRITERS = 4;
const [url = "", auditFolder = "", workspaceId = ""] = argv.slice(2);
const onError = (error: Error): void => {
  stderr.write(`${error.message}\n`);
};
const db = openDatabase(url, onError, WRITERS + 2);
const ctx = newWorkspace(db, SERVICE, workspaceId);
await startSequencer({
  db,
  auditFolder,
  signers: await openSigningKey(auditFolder),
  clock: { now: () => ctx.now },
  notifications: await listen(url, onError),
  onError,
});

async function write(): Promise<never> {
  for (;;) {
    const { id } = await inTransaction(db, (tx) =>
      appendAudit(tx, ctx, { action: "flag.publish", subject: { kind: "flag", id: "f" } }),
    );
    stdout.write(`${id}\n`);
  }
}

await Promise.all(Array.from({ length: WRITERS }, write));
