#!/usr/bin/env node
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";

import { parseVerifierKey } from "@paceline/transparency-log";
import type { Outcome, ReadResource, VerifierKey } from "@paceline/transparency-log";

import { entryLines, entryReport, logLines, logReport } from "./report.ts";
import type { ReportContext } from "./report.ts";
import { parseRow } from "./row.ts";
import type { AuditRow } from "./row.ts";
import { EXIT_CODES, verifyAuditEntry, verifyAuditLog } from "./verify.ts";

const USAGE = `Usage: paceline-audit-verify <folder> [options]

Verifies an audit log offline. <folder> holds the checkpoint and the tiles of one workspace.

  --entry <index>        verify one entry and print its inclusion proof
  --rows <export.ndjson> compare the rows of the database with the log
  --public-key <key>     the key that must have signed, as text or as a file;
                         without it the file "public-key" of the folder is used
  --anchor <checkpoint>  a signed checkpoint kept elsewhere; may be repeated
  --json                 print one JSON document
  --help                 print this text

Exit code: 0 intact, 1 tampered, 2 unusable.
`;

interface Arguments {
  readonly folder: string;
  readonly entry: number | null;
  readonly rows: string | null;
  readonly publicKey: string | null;
  readonly anchors: readonly string[];
  readonly json: boolean;
}

interface Answer {
  readonly code: number;
  readonly text: string;
}

async function run(args: readonly string[]): Promise<Answer> {
  const parsed = readArguments(args);
  if (!parsed.ok) return { code: EXIT_CODES.unusable, text: `${parsed.error}\n\n${USAGE}` };
  if (parsed.value === "help") return { code: 0, text: USAGE };
  return verify(parsed.value);
}

function readArguments(args: readonly string[]): Outcome<Arguments | "help"> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        entry: { type: "string" },
        rows: { type: "string" },
        "public-key": { type: "string" },
        anchor: { type: "string", multiple: true },
        json: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
    if (values.help === true) return { ok: true, value: "help" };
    const [folder] = positionals;
    if (folder === undefined || positionals.length > 1)
      return { ok: false, error: "name one folder" };
    if (values.entry !== undefined && !/^\d{1,15}$/.test(values.entry))
      return { ok: false, error: "--entry needs an index" };
    const value: Arguments = {
      folder,
      entry: values.entry === undefined ? null : Number(values.entry),
      rows: values.rows ?? null,
      publicKey: values["public-key"] ?? null,
      anchors: values.anchor ?? [],
      json: values.json ?? false,
    };
    return { ok: true, value };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

async function verify(args: Arguments): Promise<Answer> {
  const key = readKey(args);
  const rows = key.ok ? readRows(args.rows) : key;
  const anchors = rows.ok ? readAnchors(args.anchors) : rows;
  if (!key.ok || !rows.ok || !anchors.ok) {
    const reason = key.ok ? (rows.ok ? (anchors.ok ? "" : anchors.error) : rows.error) : key.error;
    const verdict = { verdict: "unusable", reason } as const;
    return answer(args, verdict.verdict, logReport(verdict, null), logLines(verdict, null));
  }
  const context: ReportContext = {
    key: key.value,
    isKeyFromFolder: args.publicKey === null,
    hasAnchors: anchors.value.length > 0,
  };
  const log = { read: readFolder(args.folder), keys: [key.value] };
  if (args.entry === null) {
    const compared = rows.value === null ? log : { ...log, rows: rows.value };
    const verdict = await verifyAuditLog({ ...compared, anchors: anchors.value });
    return answer(args, verdict.verdict, logReport(verdict, context), logLines(verdict, context));
  }
  const row = rows.value?.find(({ index }) => index === args.entry);
  const entry = { ...log, index: args.entry };
  const verdict =
    rows.value !== null && row === undefined
      ? ({ verdict: "tampered", index: args.entry, what: "the row is missing" } as const)
      : await verifyAuditEntry(row === undefined ? entry : { ...entry, row });
  return answer(args, verdict.verdict, entryReport(verdict, context), entryLines(verdict, context));
}

function answer(
  args: Arguments,
  verdict: keyof typeof EXIT_CODES,
  report: object,
  lines: readonly string[],
): Answer {
  const text = args.json ? JSON.stringify(report, null, 2) : lines.join("\n");
  return { code: EXIT_CODES[verdict], text: `${text}\n` };
}

function readKey(args: Arguments): Outcome<VerifierKey> {
  const given = args.publicKey ?? join(args.folder, "public-key");
  if (args.publicKey !== null && !existsSync(given)) return parseVerifierKey(given);
  const text = readText(given);
  if (!text.ok) return text;
  const key = parseVerifierKey(text.value);
  return key.ok ? key : { ok: false, error: `${given}: ${key.error}` };
}

/** Rows sorted by index; those without a place in the log yet are left out by the export. */
function readRows(path: string | null): Outcome<AuditRow[] | null> {
  if (path === null) return { ok: true, value: null };
  const text = readText(path);
  if (!text.ok) return text;
  const rows: AuditRow[] = [];
  for (const [at, line] of text.value.split("\n").entries()) {
    if (line.trim() === "") continue;
    const row = parseRow(line);
    if (!row.ok) return { ok: false, error: `${path}, line ${at + 1}: ${row.error}` };
    rows.push(row.value);
  }
  return { ok: true, value: rows.toSorted((a, b) => a.index - b.index) };
}

function readAnchors(paths: readonly string[]): Outcome<Uint8Array[]> {
  const anchors: Uint8Array[] = [];
  for (const path of paths) {
    const text = readText(path);
    if (!text.ok) return text;
    anchors.push(Buffer.from(text.value, "utf8"));
  }
  return { ok: true, value: anchors };
}

function readText(path: string): Outcome<string> {
  try {
    return { ok: true, value: readFileSync(path, "utf8") };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

function readFolder(folder: string): ReadResource {
  return async (path) => {
    const file = join(folder, path);
    if (!existsSync(file)) return null;
    return readFile(file);
  };
}

const { code, text } = await run(process.argv.slice(2));
// A reader that stops early (`| head`) is no failure of the verification.
process.stdout.on("error", () => process.exit(code));
process.stdout.write(text);
process.exitCode = code;
