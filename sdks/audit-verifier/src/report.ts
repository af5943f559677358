import { formatVerifierKey, toBase64, toHex } from "@paceline/transparency-log";
import type { Checkpoint, LogVerdict, VerifierKey } from "@paceline/transparency-log";

import type { EntryVerdict } from "./verify.ts";

/** What a verification says besides its verdict. */
export interface ReportContext {
  readonly key: VerifierKey;
  /** True if the key was read from the folder that it is to vouch for. */
  readonly isKeyFromFolder: boolean;
  readonly hasAnchors: boolean;
}

/** The verdict on a log as a JSON document. */
export function logReport(verdict: LogVerdict, context: ReportContext | null): object {
  const about = context === null ? {} : keyReport(context);
  if (verdict.verdict !== "intact") return { ...verdict, ...about };
  const { rowsCompared, rowsBeyond } = verdict;
  const checkpoint = checkpointReport(verdict.checkpoint);
  return { verdict: "intact", checkpoint, rowsCompared, rowsBeyond, ...about };
}

/** The verdict on one entry as a JSON document, its proof included. */
export function entryReport(verdict: EntryVerdict, context: ReportContext | null): object {
  const about = context === null ? {} : keyReport(context);
  if (verdict.verdict !== "intact") return { ...verdict, ...about };
  return {
    verdict: "intact",
    index: verdict.index,
    leaf: verdict.leaf,
    leafHash: toHex(verdict.leafHash),
    proof: verdict.proof.map(toBase64),
    checkpoint: checkpointReport(verdict.checkpoint),
    note: Buffer.from(verdict.note).toString("utf8"),
    ...about,
  };
}

/** The verdict on a log in words, line by line. */
export function logLines(verdict: LogVerdict, context: ReportContext | null): string[] {
  switch (verdict.verdict) {
    case "unusable":
      return [`unusable: ${verdict.reason}`];
    case "tampered":
      return [
        verdict.firstBroken === null
          ? "tampered"
          : `tampered: the first broken entry is ${verdict.firstBroken}`,
        ...verdict.problems.map(
          ({ part, index, what }) => `  ${part}${index === null ? "" : ` ${index}`}: ${what}`,
        ),
      ];
    case "intact": {
      const { rowsCompared, rowsBeyond } = verdict;
      const beyond = rowsBeyond > 0 ? `, ${rowsBeyond} newer than the checkpoint not judged` : "";
      return [
        `intact: ${verdict.checkpoint.treeSize} entries of ${verdict.checkpoint.origin}`,
        `  root ${toBase64(verdict.checkpoint.root)}`,
        ...(rowsCompared + rowsBeyond > 0 ? [`  ${rowsCompared} rows compared${beyond}`] : []),
        ...caveats(context),
      ];
    }
  }
}

/** The verdict on one entry in words, line by line. */
export function entryLines(verdict: EntryVerdict, context: ReportContext | null): string[] {
  switch (verdict.verdict) {
    case "unusable":
      return [`unusable: ${verdict.reason}`];
    case "tampered":
      return [`tampered: entry ${verdict.index}: ${verdict.what}`];
    case "intact": {
      const { leaf, checkpoint, proof } = verdict;
      return [
        `intact: entry ${verdict.index} of ${checkpoint.treeSize}, ${checkpoint.origin}`,
        `  ${leaf.at} ${leaf.action} ${leaf.subject.kind} ${leaf.subject.id}`,
        `  by ${leaf.actor.kind} ${leaf.actor.id}, proved by ${proof.length} hashes`,
        ...caveats(context),
      ];
    }
  }
}

function caveats(context: ReportContext | null): string[] {
  if (context === null) return [];
  return [
    `  signed by ${formatVerifierKey(context.key)}`,
    ...(context.isKeyFromFolder
      ? ["  the key lies in the folder itself: compare it with one you trust (--public-key)"]
      : []),
    ...(context.hasAnchors
      ? []
      : ["  no older checkpoint was given (--anchor): a rollback would not be noticed"]),
  ];
}

function keyReport(context: ReportContext): object {
  return {
    publicKey: formatVerifierKey(context.key),
    isKeyFromFolder: context.isKeyFromFolder,
    hasAnchors: context.hasAnchors,
  };
}

function checkpointReport({ origin, treeSize, root }: Checkpoint): object {
  return { origin, treeSize, root: toBase64(root) };
}
