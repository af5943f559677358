// Checks @paceline/transparency-log against a folder of vectors by others, searched to any depth:
//   *.json        inclusion and consistency claims in the format of transparency-dev/merkle, most of
//                 which must be refused
//   */checkpoint  a C2SP tile log: everything below it is verified and then made again from its
//                 entries, byte for byte
// Usage: node tests/conformance/transparency-log.ts <dir>
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";

import {
  appendLeaves,
  decodeEntries,
  EMPTY_FRONTIER,
  encodeEntries,
  encodeTile,
  formatCheckpoint,
  frontierRoot,
  leafHash,
  openCheckpoint,
  parseSignerKey,
  parseTilePath,
  parseVerifierKey,
  proveConsistency,
  proveInclusion,
  signCheckpoint,
  TILE_WIDTH,
  treeReader,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
  verifyLog,
} from "@paceline/transparency-log";
import type { Checkpoint, SignerKey, VerifierKey } from "@paceline/transparency-log";

import { conformanceReport, printReport } from "./report.ts";
import type { ConformanceReport } from "./report.ts";
import { unusable } from "./vector-files.ts";

// The published test key of transparency-dev/tessera (testdata/build_log.sh). It protects nothing.
const TESSERA_TEST_KEY =
  "PRIVATE+KEY+example.com/log/testdata+33d7b496+AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg";

/** Trees larger than this are proved at their checkpoints only, not at every size. */
const EVERY_SIZE_UP_TO = 64;

export async function runTransparencyLogVectors(directory: string): Promise<ConformanceReport> {
  const report = conformanceReport();
  if (!existsSync(directory)) return report;
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  const logs = files
    .filter((file) => basename(file) === "checkpoint")
    .map((file) => file.slice(0, -"/checkpoint".length));
  const isInLog = (file: string): boolean => logs.some((log) => file.startsWith(`${log}/`));
  for (const file of files.filter((name) => name.endsWith(".json") && !isInLog(name)))
    checkClaim(report, relative(directory, file), readFileSync(file, "utf8"));
  for (const log of logs) await checkLog(report, directory, log);
  return report;
}

function checkClaim(report: ConformanceReport, name: string, text: string): void {
  report.check(name, () => {
    const vector: unknown = JSON.parse(text);
    if (typeof vector !== "object" || vector === null || !("wantErr" in vector))
      throw new TypeError("not a vector: it has no wantErr");
    const claim: Record<string, unknown> = { ...vector };
    const proof = (Array.isArray(claim["proof"]) ? claim["proof"] : []).map(bytes);
    const holds =
      "leafIdx" in claim
        ? verifyInclusion({
            index: Number(claim["leafIdx"]),
            treeSize: Number(claim["treeSize"]),
            leafHash: bytes(claim["leafHash"]),
            root: bytes(claim["root"]),
            proof,
          })
        : verifyConsistency({
            oldSize: Number(claim["size1"]),
            newSize: Number(claim["size2"]),
            oldRoot: bytes(claim["root1"]),
            newRoot: bytes(claim["root2"]),
            proof,
          });
    return holds === (claim["wantErr"] === false);
  });
}

function bytes(value: unknown): Uint8Array {
  return Buffer.from(typeof value === "string" ? value : "", "base64");
}

async function checkLog(report: ConformanceReport, root: string, log: string): Promise<void> {
  const name = relative(root, log) || ".";
  const read = (path: string): Promise<Uint8Array | null> =>
    Promise.resolve(existsSync(join(log, path)) ? readFileSync(join(log, path)) : null);
  const { keys, signers } = keysOf(log);
  const entries = longestEntries(log);
  const leaves = entries.map(leafHash);
  const checkpoints = readdirSync(log)
    .filter((file) => /^checkpoint(\.\d+)?$/.test(file))
    .flatMap((file) => {
      const note = readFileSync(join(log, file));
      const opened = openCheckpoint(note, keys);
      const label = `${name}/${file}`;
      report.check(`${label}: ${opened.ok ? "opens" : opened.error}`, opened.ok);
      if (!opened.ok) return [];
      checkCheckpoint(report, label, opened.value, note, leaves, signers);
      return [opened.value];
    });
  checkFiles(report, name, log, entries, leaves);
  await checkProofs(report, name, leaves, checkpoints, read);
  const verdict = await verifyLog({ read, keys });
  report.check(
    `${name}: the whole log is ${JSON.stringify(verdict)}`,
    verdict.verdict === "intact",
  );
}

/** The key named in a file of the log (`*.pub`, `*.vkey`, `public-key`), else the test key of Tessera. */
function keysOf(log: string): { keys: VerifierKey[]; signers: SignerKey[] } {
  const test = parseSignerKey(TESSERA_TEST_KEY);
  const signers = test.ok ? [test.value] : [];
  const stored = readdirSync(log)
    .filter((file) => /(\.pub|\.vkey|^public-key)$/.test(file))
    .map((file) => parseVerifierKey(readFileSync(join(log, file), "utf8")))
    .flatMap((key) => (key.ok ? [key.value] : []));
  return { keys: [...stored, ...signers.map((signer) => signer.verifier)], signers };
}

function checkCheckpoint(
  report: ConformanceReport,
  label: string,
  checkpoint: Checkpoint,
  note: Buffer,
  leaves: readonly Uint8Array[],
  signers: readonly SignerKey[],
): void {
  report.check(`${label}: its text is made again`, () =>
    note.toString("utf8").startsWith(`${formatCheckpoint(checkpoint)}\n`),
  );
  report.check(`${label}: its root is that of its entries`, () =>
    Buffer.from(checkpoint.root).equals(treeRoot(leaves.slice(0, checkpoint.treeSize))),
  );
  const signer = signers.find((key) => key.verifier.name === checkpoint.origin);
  if (signer !== undefined)
    report.check(`${label}: signing it again gives the same bytes`, () =>
      note.equals(signCheckpoint(checkpoint, [signer])),
    );
}

/** The entries of the log, from the widest bundle of each index. */
function longestEntries(log: string): Uint8Array[] {
  const widest = new Map<number, { width: number; path: string }>();
  for (const path of resourcePaths(log)) {
    const resource = parseTilePath(path);
    if (resource?.kind !== "entries") continue;
    if (resource.width > (widest.get(resource.index)?.width ?? 0))
      widest.set(resource.index, { width: resource.width, path });
  }
  return [...widest]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([, { path }]) => {
      const decoded = decodeEntries(readFileSync(join(log, path)));
      return decoded.ok ? decoded.value : [];
    });
}

function resourcePaths(log: string): string[] {
  return readdirSync(join(log, "tile"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(log, join(entry.parentPath, entry.name)))
    .toSorted();
}

/** Makes every stored tile and bundle again from the entries and compares the bytes. */
function checkFiles(
  report: ConformanceReport,
  name: string,
  log: string,
  entries: readonly Uint8Array[],
  leaves: readonly Uint8Array[],
): void {
  for (const path of existsSync(join(log, "tile")) ? resourcePaths(log) : []) {
    report.check(`${name}/${path}: made again byte for byte`, () => {
      const resource = parseTilePath(path);
      if (resource === null || resource.kind === "checkpoint") throw new Error("not a tile path");
      const first = resource.index * TILE_WIDTH;
      const made =
        resource.kind === "entries"
          ? encodeEntries(entries.slice(first, first + resource.width))
          : encodeTile(
              Array.from({ length: resource.width }, (_, at) => {
                const span = TILE_WIDTH ** resource.level;
                const start = (first + at) * span;
                return treeRoot(leaves.slice(start, start + span));
              }),
            );
      return readFileSync(join(log, path)).equals(made);
    });
  }
}

/** Proofs made from the tiles of the log hold against its signed checkpoints. */
async function checkProofs(
  report: ConformanceReport,
  name: string,
  leaves: readonly Uint8Array[],
  checkpoints: readonly Checkpoint[],
  read: (path: string) => Promise<Uint8Array | null>,
): Promise<void> {
  for (const { treeSize, root } of checkpoints) {
    const tree = treeReader(read, treeSize);
    const last = Math.min(treeSize, EVERY_SIZE_UP_TO);
    for (let index = 0; index < last; index += 1) {
      const proof = await proveInclusion(tree, index);
      const leaf = leaves[index] ?? new Uint8Array();
      report.check(
        `${name}: entry ${index} of ${treeSize}`,
        proof.ok && verifyInclusion({ index, treeSize, leafHash: leaf, root, proof: proof.value }),
      );
    }
    for (let oldSize = 1; oldSize <= last; oldSize += 1) {
      const proof = await proveConsistency(tree, oldSize);
      const oldRoot = frontierRoot(appendLeaves(EMPTY_FRONTIER, leaves.slice(0, oldSize)));
      report.check(
        `${name}: ${oldSize} grew to ${treeSize}`,
        proof.ok &&
          verifyConsistency({
            oldSize,
            newSize: treeSize,
            oldRoot,
            newRoot: root,
            proof: proof.value,
          }),
      );
    }
  }
}

if (import.meta.main) {
  const [directory] = process.argv.slice(2);
  const usage = "node tests/conformance/transparency-log.ts <dir>";
  process.exitCode =
    directory === undefined || !existsSync(directory) || !statSync(directory).isDirectory()
      ? unusable(usage, directory)
      : printReport(await runTransparencyLogVectors(directory));
}
