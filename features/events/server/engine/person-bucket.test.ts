import assert from "node:assert/strict";
import { test } from "node:test";

import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";

import { duckdbLoading } from "./duckdb/loading.ts";
import { PERSON_BUCKETS, personBucket } from "./person-bucket.ts";

test("a person is in the same bucket for JavaScript and for the engine, whatever the script", async () => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const text = fc.string({ unit: "binary" }).map((value) => value.toWellFormed());
  const samples = fc.sample(fc.tuple(text, text), { numRuns: 300, seed: 5 });
  const people = [["w1", "Zoë Ångström"], ["w1", "王小明"], ["ع", "\u{1F600}\u0000"], ...samples];
  await connection.run("CREATE TABLE people (place INTEGER, workspace VARCHAR, unit VARCHAR)");
  const appender = await connection.createAppender("people");
  for (const [place, [workspace, unit]] of people.entries()) {
    appender.appendInteger(place);
    appender.appendVarchar(workspace ?? "");
    appender.appendVarchar(unit ?? "");
    appender.endRow();
  }
  appender.closeSync();
  const reader = await connection.runAndReadAll(
    `SELECT ${duckdbLoading.bucketOf} AS bucket FROM people ORDER BY place`,
  );
  const buckets = reader.getRows().map(([bucket]) => Number(bucket));
  assert.deepEqual(
    buckets,
    people.map(([workspace, unit]) => personBucket(workspace ?? "", unit ?? "")),
  );
  assert.equal(new Set(buckets).size, PERSON_BUCKETS);
  connection.closeSync();
  instance.closeSync();
});
