import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

import { IdentifierDigests } from "../erasure/digests.ts";
import { needlesOf, redact } from "../erasure/mentions.ts";
import type { EraseOutcome, EraseRequest, ErasedFile, IdentifyRequest } from "./answers.ts";
import type { Database, Session } from "./duckdb/database.ts";
import { duckdbErasing } from "./duckdb/erasing.ts";
import type { Redaction } from "./duckdb/erasing.ts";
import { duckdbLoading } from "./duckdb/loading.ts";
import { identityText, number, readScope, text } from "./rows.ts";
import type { EngineRow } from "./rows.ts";
import type { HeldSegment, NewSegment, SegmentSet } from "./segment-set.ts";
import { segmentEvents } from "./segments.ts";

const REDACTIONS = "redactions";
/** So many ids or rows go into one statement, so that it stays of bounded size. */
const MOST_IDENTIFIERS = 500;
/** A file with more rows that may mention somebody is looked through in stretches of so many rows. */
const MOST_MENTIONS = 20_000;
const STRETCH_ROWS = 50_000;
const FILES_AT_ONCE = 2;

interface Person {
  readonly workspace: string;
  readonly identifiers: readonly string[];
  readonly needles: readonly string[];
}

/** A file that holds the person, written anew. */
interface Rewritten {
  readonly file: ErasedFile;
  readonly badRemoved: number;
  /** Null if nothing is left. */
  readonly output: NewSegment | null;
}

/**
 * Writes every file that holds the person anew without them, and makes all of that true at one
 * instant: with the manifest that lists the new files and says what was done.
 *
 * @returns the files that were replaced; they are on the disk while queries read them
 */
export async function erasePerson(
  database: Database,
  set: SegmentSet,
  request: EraseRequest,
  onProgress: (filesDone: number, files: number) => void,
): Promise<readonly HeldSegment[]> {
  const { workspace } = request;
  const segments = set.live.filter((segment) =>
    segment.scopes.some((scope) => scope.workspace === workspace),
  );
  const paths = segments.map(({ path }) => path);
  const { identifiers, shared } = await expand(database, paths, request);
  const needles = [...new Set(identifiers.flatMap(needlesOf))];
  const person = { workspace, identifiers, needles };
  const found = paths.length === 0 ? [] : await findHits(database, paths, person);
  const parts = found.map((hit) => {
    const segment = segments.find(({ path }) => path === text(hit, "filename"));
    if (segment === undefined) throw new Error(`${text(hit, "filename")} is no segment`);
    return { segment, hit };
  });
  const written = await rewriteAll(database, set, person, parts, onProgress);
  const inputs = written.map(({ segment }) => segment);
  const done = written.map(({ rewritten }) => rewritten);
  const digests = new IdentifierDigests(request.digestKey);
  const outcome: EraseOutcome = {
    erased: identifiers.map((identifier) => digests.of(workspace, identifier)),
    shared: shared.map((identifier) => digests.of(workspace, identifier)),
    rowsRemoved: done.reduce((sum, { file }) => sum + file.rowsRemoved, 0),
    badRemoved: done.reduce((sum, { badRemoved }) => sum + badRemoved, 0),
    rowsRedacted: done.reduce((sum, { file }) => sum + file.rowsRedacted, 0),
    files: done.map(({ file }) => file),
    unexamined: set.damaged
      .filter(({ scopes }) => scopes?.some((scope) => scope.workspace === workspace) ?? true)
      .map(({ name }) => name),
  };
  const outputs = done.flatMap(({ output }) => output ?? []);
  const erasure = { id: request.id, outcome };
  await set.replace({ inputs, outputs, changesEvents: inputs.length > 0, erasure });
  return inputs;
}

/** Writes the files anew that hold the person, several at a time: of one file one thread writes. */
async function rewriteAll(
  database: Database,
  set: SegmentSet,
  person: Person,
  parts: readonly { readonly segment: HeldSegment; readonly hit: EngineRow }[],
  onProgress: (filesDone: number, files: number) => void,
): Promise<readonly { readonly segment: HeldSegment; readonly rewritten: Rewritten }[]> {
  const written: (readonly [segment: HeldSegment, rewritten: Rewritten | null])[] = [];
  const waiting = parts.entries();
  let filesDone = 0;
  onProgress(filesDone, parts.length);
  const writeNext = async (): Promise<void> => {
    // One iterator of all writers: each takes the next file that nobody has.
    for (const [index, { segment, hit }] of waiting) {
      const rewritten = await database.session((session) =>
        rewrite(session, set, segment, person, hit),
      );
      written[index] = [segment, rewritten];
      filesDone += 1;
      onProgress(filesDone, parts.length);
    }
  };
  // All have ended before one's failure is told: whoever hears of it closes the database and begins anew.
  const writers = await Promise.allSettled(Array.from({ length: FILES_AT_ONCE }, writeNext));
  for (const writer of writers) if (writer.status === "rejected") throw writer.reason;
  return written.flatMap(([segment, rewritten]) =>
    rewritten === null ? [] : [{ segment, rewritten }],
  );
}

/** The identifiers with the anonymous ids that only ever came with them, and those that others share. */
async function expand(
  database: Database,
  paths: readonly string[],
  { workspace, identifiers }: EraseRequest,
): Promise<{ readonly identifiers: readonly string[]; readonly shared: readonly string[] }> {
  const given = [...new Set(identifiers)];
  if (paths.length === 0) return { identifiers: given, shared: [] };
  const idsOf = (rows: readonly EngineRow[]): string[] =>
    rows.map((row) => text(row, "anonymous_id"));
  const found = idsOf(await database.all(duckdbErasing.anonymousIds(paths, workspace, given)));
  const anonymous = found.filter((identifier) => !given.includes(identifier));
  const shared = new Set<string>();
  for (let start = 0; start < anonymous.length; start += MOST_IDENTIFIERS) {
    const some = anonymous.slice(start, start + MOST_IDENTIFIERS);
    const rows = await database.all(duckdbErasing.sharedIds(paths, workspace, some, given));
    for (const identifier of idsOf(rows)) shared.add(identifier);
  }
  const alone = anonymous.filter((identifier) => !shared.has(identifier));
  return { identifiers: [...given, ...alone], shared: [...shared] };
}

function findHits(
  database: Database,
  paths: readonly string[],
  { workspace, identifiers, needles }: Person,
): Promise<EngineRow[]> {
  return database.all(duckdbErasing.hits(paths, workspace, identifiers, needles));
}

/** @returns null if the file only seemed to mention the person */
async function rewrite(
  session: Session,
  set: SegmentSet,
  segment: HeldSegment,
  person: Person,
  hit: EngineRow,
): Promise<Rewritten | null> {
  const { workspace, identifiers } = person;
  const redactions =
    number(hit, "mentions") === 0
      ? []
      : await findRedactions(session, segment, person, number(hit, "mentions"));
  if (number(hit, "own_rows") === 0 && redactions.length === 0) return null;
  const { name, temporary } = set.newName(segment.part);
  if (redactions.length === 0) {
    await session.run(duckdbErasing.rewrite(segment.path, temporary, workspace, identifiers));
  } else {
    await session.run(duckdbErasing.redactionsTable(REDACTIONS));
    for (let start = 0; start < redactions.length; start += MOST_IDENTIFIERS) {
      const some = redactions.slice(start, start + MOST_IDENTIFIERS);
      await session.run(duckdbErasing.addRedactions(REDACTIONS, some));
    }
    await session.run(
      duckdbErasing.rewriteRedacted(segment.path, temporary, workspace, identifiers, REDACTIONS),
    );
  }
  const scopes = (await session.all(duckdbLoading.scopes([temporary]))).map(readScope);
  const left = segmentEvents({ scopes });
  if (left === 0) await rm(temporary, { force: true });
  const removedBad = redactions.filter(({ texts }) => texts === null).length;
  const rowsRemoved = number(hit, "own_rows") + removedBad;
  if (segmentEvents(segment) - left !== rowsRemoved) {
    throw new Error(`${segment.name}: ${left} rows are left, ${rowsRemoved} were to go`);
  }
  return {
    file: {
      name: segment.name,
      rowsRemoved,
      rowsRedacted: redactions.length - removedBad,
      sha256Before: await sha256Of(segment.path),
      sha256After: left === 0 ? null : await sha256Of(temporary),
    },
    badRemoved: number(hit, "own_bad") + removedBad,
    output: left === 0 ? null : { name, stretches: segment.stretches, part: segment.part, scopes },
  };
}

/** Rows of others that really mention the person. Bad events hold what was sent, so they go whole. */
async function findRedactions(
  session: Session,
  segment: HeldSegment,
  { workspace, identifiers, needles }: Person,
  mentions: number,
): Promise<readonly Redaction[]> {
  const rowsAtOnce = mentions > MOST_MENTIONS ? STRETCH_ROWS : segmentEvents(segment);
  const redactions: Redaction[] = [];
  for (let from = 0; from < segmentEvents(segment); from += rowsAtOnce) {
    const stretch = { from, to: from + rowsAtOnce };
    const { path } = segment;
    const rows = await session.all(
      duckdbErasing.mentioning(path, stretch, workspace, identifiers, needles),
    );
    redactions.push(...rows.flatMap((row) => redactionOf(row, identifiers) ?? []));
  }
  return redactions;
}

function redactionOf(row: EngineRow, identifiers: readonly string[]): Redaction | null {
  const [before, contextBefore] = [text(row, "properties"), text(row, "context")];
  const properties = redact(before, identifiers);
  const context = redact(contextBefore, identifiers);
  if (properties === before && context === contextBefore) return null;
  const bad = text(row, "type") === "bad";
  return { row: number(row, "row_number"), texts: bad ? null : { properties, context } };
}

/** @see Engine.identify */
export async function identify(
  database: Database,
  set: SegmentSet,
  { workspace, digests, digestKey }: IdentifyRequest,
): Promise<readonly string[]> {
  const wanted = new Set(digests);
  const reader = new IdentifierDigests(digestKey);
  const found = new Set<string>();
  const segments = set.live.filter((segment) =>
    segment.scopes.some((scope) => scope.workspace === workspace),
  );
  // One bucket at a time, so that the ids of all people are never in memory together.
  for (const group of Map.groupBy(segments, ({ part }) => part?.bucket ?? null).values()) {
    const paths = group.map(({ path }) => path);
    for (const row of await database.all(duckdbErasing.identities(paths, workspace))) {
      const identity = identityText(row);
      if (wanted.has(reader.digest(workspace, identity))) found.add(identity);
    }
  }
  return [...found].toSorted();
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest("hex");
}
