import { createHmac } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

import type { ClickHouseSettings } from "@clickhouse/client";

import { IdentifierDigests } from "../../erasure/digests.ts";
import { needlesOf, redact } from "../../erasure/mentions.ts";
import type {
  ErasedFile,
  EraseOutcome,
  EraseRequest,
  IdentifyRequest,
  RetainedMonth,
  RetainRequest,
} from "../answers.ts";
import { identityText, number, text } from "../rows.ts";
import type { EngineRow } from "../rows.ts";
import type { ClickHouseConnection } from "./connection.ts";
import { EVENT_COLUMNS } from "./event-stream.ts";
import { clickhouseErasing, clickhouseRetention } from "./removing.ts";
import type { HashKey } from "./removing.ts";

/** Waits for the mutation on every replica; and no log of the server names the person. */
const QUIET: ClickHouseSettings = { log_queries: 0 };
const WAITING: ClickHouseSettings = { ...QUIET, mutations_sync: "2", alter_sync: "2" };
/** ClickHouse removes replaced parts some seconds after the mutation. */
const PARTS_PATIENCE_MS = 120_000;
const PARTS_LOOK_MS = 500;
const SHARES = 16;

interface Redaction {
  readonly part: string;
  readonly partition: string;
  readonly hash: string;
  readonly bad: boolean;
  /** The row as it is to be, as a line of an insert; null to remove it. */
  readonly line: string | null;
}

/** @see Engine.erase */
export async function erasePerson(
  connection: ClickHouseConnection,
  request: EraseRequest,
  now: number,
): Promise<EraseOutcome> {
  const [known] = await connection.rows(clickhouseErasing.outcome(request.id));
  const outcome: EraseOutcome =
    known === undefined
      ? await eraseNow(connection, request, now)
      : JSON.parse(text(known, "outcome"));
  // Also parts that were merged before the erasure, which nobody looked into.
  const replaced = await connection.rows(
    clickhouseErasing.replacedParts(connection.address.cluster),
  );
  await untilGone(connection, [
    ...outcome.files.map(({ name }) => name),
    ...replaced.map((row) => text(row, "name")),
  ]);
  return outcome;
}

async function eraseNow(
  connection: ClickHouseConnection,
  request: EraseRequest,
  now: number,
): Promise<EraseOutcome> {
  const { workspace, id } = request;
  const { cluster } = connection.address;
  const key = hashKey(request);
  const { identifiers, shared } = await expand(connection, request);
  const own = await connection.rows(clickhouseErasing.ownRows(workspace, identifiers), QUIET);
  const redactions = await findRedactions(connection, request, identifiers, key);
  const lines = redactions.flatMap(({ line }) => line ?? []);
  // Kept aside before their rows go, so that a crash in between loses nothing of others.
  if (lines.length > 0) {
    const body = Buffer.from(lines.join(""));
    await connection.insert(clickhouseErasing.insertRedacted, [body], QUIET);
  }
  const partitions = new Set([
    ...own.map((row) => text(row, "partition")),
    ...redactions.map(({ partition }) => partition),
  ]);
  if (partitions.size > 0) {
    const [row] = await connection.rows(clickhouseErasing.hashes(identifiers, key), QUIET);
    const hashes = { people: texts(row, "hashes"), rows: redactions.map(({ hash }) => hash) };
    await connection.run(
      clickhouseErasing.remove(cluster, workspace, [...partitions], hashes, key),
      WAITING,
    );
  }
  await connection.run(clickhouseErasing.putBack(id), { insert_distributed_sync: 1 });
  await connection.run(clickhouseErasing.dropRedacted(cluster));
  const outcome = outcomeOf(request, { identifiers, shared }, own, redactions);
  const line = { id, workspace, outcome: JSON.stringify(outcome), done_at: now };
  await connection.insert(clickhouseErasing.insertOutcome, [
    Buffer.from(`${JSON.stringify(line)}\n`),
  ]);
  return outcome;
}

function outcomeOf(
  { workspace, digestKey }: EraseRequest,
  { identifiers, shared }: Expanded,
  own: readonly EngineRow[],
  redactions: readonly Redaction[],
): EraseOutcome {
  const digests = new IdentifierDigests(digestKey);
  const files = new Map<string, ErasedFile>();
  const add = (name: string, removed: number, redacted: number): void => {
    const known = files.get(name);
    files.set(name, {
      name,
      rowsRemoved: (known?.rowsRemoved ?? 0) + removed,
      rowsRedacted: (known?.rowsRedacted ?? 0) + redacted,
      sha256Before: null,
      sha256After: null,
    });
  };
  for (const row of own) add(text(row, "part"), number(row, "own_rows"), 0);
  for (const { part, bad } of redactions) add(part, bad ? 1 : 0, bad ? 0 : 1);
  const list = [...files.values()];
  return {
    erased: identifiers.map((identifier) => digests.of(workspace, identifier)),
    shared: shared.map((identifier) => digests.of(workspace, identifier)),
    rowsRemoved: list.reduce((sum, { rowsRemoved }) => sum + rowsRemoved, 0),
    badRemoved:
      own.reduce((sum, row) => sum + number(row, "own_bad"), 0) +
      redactions.filter(({ bad }) => bad).length,
    rowsRedacted: list.reduce((sum, { rowsRedacted }) => sum + rowsRedacted, 0),
    files: list,
    unexamined: [],
  };
}

/** Of one erasure, and of this installation: what a mutation's text says cannot be tried on guesses elsewhere. */
function hashKey({ id, digestKey }: EraseRequest): HashKey {
  const bytes = createHmac("sha256", digestKey).update(`clickhouse ${id}`).digest();
  return [bytes.readBigUInt64LE(0), bytes.readBigUInt64LE(8)];
}

interface Expanded {
  readonly identifiers: readonly string[];
  readonly shared: readonly string[];
}

/** The identifiers with the anonymous ids that only ever came with them, and those that others share. */
async function expand(
  connection: ClickHouseConnection,
  { workspace, identifiers }: EraseRequest,
): Promise<Expanded> {
  const given = [...new Set(identifiers)];
  const idsOf = (rows: readonly EngineRow[]): string[] =>
    rows.map((row) => text(row, "anonymous_id"));
  const found = await connection.rows(clickhouseErasing.anonymousIds(workspace, given), QUIET);
  const anonymous = idsOf(found).filter((identifier) => !given.includes(identifier));
  if (anonymous.length === 0) return { identifiers: given, shared: [] };
  const shared = idsOf(
    await connection.rows(clickhouseErasing.sharedIds(workspace, anonymous, given), QUIET),
  );
  const alone = anonymous.filter((identifier) => !shared.includes(identifier));
  return { identifiers: [...given, ...alone], shared };
}

/** Rows of others that really mention the person. Bad events hold what was sent, so they go whole. */
async function findRedactions(
  connection: ClickHouseConnection,
  { workspace, id }: EraseRequest,
  identifiers: readonly string[],
  key: HashKey,
): Promise<Redaction[]> {
  const needles = [...new Set(identifiers.flatMap(needlesOf))];
  const rows = await connection.rows(
    clickhouseErasing.mentioning(workspace, identifiers, needles, key),
    QUIET,
  );
  return rows.flatMap((row) => {
    const [before, contextBefore] = [text(row, "properties"), text(row, "context")];
    const properties = redact(before, identifiers);
    const context = redact(contextBefore, identifiers);
    if (properties === before && context === contextBefore) return [];
    const bad = text(row, "type") === "bad";
    const columns = EVENT_COLUMNS.map((column) => [column, row[column]] as const);
    const kept = { ...Object.fromEntries(columns), properties, context };
    const line = { erasure: id, node: row["node"], seq: row["seq"], ...kept };
    return {
      part: text(row, "part"),
      partition: text(row, "partition"),
      hash: text(row, "row_hash"),
      bad,
      line: bad ? null : `${JSON.stringify(line)}\n`,
    };
  });
}

/** @throws Error if replaced parts stay on a disk for too long; the same erasure waits for them again */
async function untilGone(connection: ClickHouseConnection, parts: string[]): Promise<void> {
  if (parts.length === 0) return;
  const { cluster } = connection.address;
  for (let waited = 0; waited <= PARTS_PATIENCE_MS; waited += PARTS_LOOK_MS) {
    const [row] = await connection.rows(clickhouseErasing.partsLeft(cluster, parts));
    if (row !== undefined && number(row, "parts") === 0) return;
    await pause(PARTS_LOOK_MS);
  }
  throw new Error("the person's events are removed, but ClickHouse still has their old parts");
}

/** @see Engine.identify */
export async function identify(
  connection: ClickHouseConnection,
  { workspace, digests, digestKey }: IdentifyRequest,
): Promise<readonly string[]> {
  const wanted = new Set(digests);
  const reader = new IdentifierDigests(digestKey);
  const found = new Set<string>();
  // A share of the people at a time, so that the ids of all are never in memory together.
  for (let share = 0; share < SHARES; share += 1) {
    const statement = clickhouseErasing.identities(workspace, share, SHARES);
    for (const row of await connection.rows(statement, QUIET)) {
      const identity = identityText(row);
      if (wanted.has(reader.digest(workspace, identity))) found.add(identity);
    }
  }
  return [...found].toSorted();
}

/** @see Engine.retain */
export async function removeMonths(
  connection: ClickHouseConnection,
  request: RetainRequest,
): Promise<readonly RetainedMonth[]> {
  const { cluster } = connection.address;
  const rows = await connection.rows(clickhouseRetention.months(request));
  const months = rows.map((row) => ({
    environment: text(row, "environment"),
    month: text(row, "month"),
    events: number(row, "events"),
  }));
  if (request.dryRun) return months;
  for (const row of await connection.rows(clickhouseRetention.partitions(request))) {
    const partition = text(row, "partition");
    const statement =
      number(row, "others") === 0
        ? clickhouseRetention.drop(cluster, partition)
        : clickhouseRetention.deleteIn(cluster, partition, request);
    await connection.run(statement, WAITING);
  }
  return months;
}

function texts(row: EngineRow | undefined, column: string): string[] {
  const value = row?.[column];
  if (!Array.isArray(value)) throw new TypeError(`${column} is no list`);
  return value.map((entry: unknown) => text({ [column]: entry }, column));
}
