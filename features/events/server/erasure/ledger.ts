import { open, readFile } from "node:fs/promises";
import { dirname } from "node:path";

import { Value } from "typebox/value";

import { syncFolder } from "../log/log-files.ts";
import { ErasureReceiptSchema } from "./receipt.ts";
import type { ErasureReceipt } from "./receipt.ts";

/**
 * The receipts in a ledger file, oldest first, each id once; none if there is no file. A last line
 * that a crash cut off is left out: its erasure is done again.
 *
 * @throws Error for a line that is no receipt
 */
export async function readLedger(path: string): Promise<readonly ErasureReceipt[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return [];
    throw cause;
  }
  const receipts = new Map<string, ErasureReceipt>();
  for (const [index, line] of text.split("\n").slice(0, -1).entries()) {
    try {
      const receipt = Value.Parse(ErasureReceiptSchema, JSON.parse(line));
      receipts.set(receipt.id, receipt);
    } catch (cause) {
      throw new Error(`line ${index + 1} of ${path} is no receipt of an erasure`, { cause });
    }
  }
  return [...receipts.values()];
}

/** Adds receipts at the end, durably. What a crash left of a line is cut off first. */
export async function appendToLedger(
  path: string,
  receipts: readonly ErasureReceipt[],
): Promise<void> {
  if (receipts.length === 0) return;
  const handle = await open(path, "a+", 0o600);
  try {
    const content = await handle.readFile();
    await handle.truncate(content.lastIndexOf(0x0a) + 1);
    await handle.appendFile(receipts.map((receipt) => `${JSON.stringify(receipt)}\n`).join(""));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(dirname(path));
}
