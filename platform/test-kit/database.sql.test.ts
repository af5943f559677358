import assert from "node:assert/strict";
import { after, test } from "node:test";

import type { FeatureMigrations } from "@paceline/db";
import { type Kysely, sql } from "kysely";

import { testDatabase } from "./database.ts";
import { testServer } from "./server.ts";

const migrations: readonly FeatureMigrations[] = [
  {
    feature: "sample",
    after: [],
    migrations: {
      "202611240000_sample_thing": {
        async up(db: Kysely<unknown>) {
          await sql`create table thing (id uuid primary key)`.execute(db);
          await sql`create table run_of_migration as select clock_timestamp() as at`.execute(db);
        },
      },
    },
  },
];

const first = await testDatabase({ migrations });
const second = await testDatabase({ migrations });
after(async () => {
  await first.close();
  await second.close();
});

async function count(database: typeof first): Promise<unknown> {
  const result = await sql<{
    n: number;
  }>`select count(*)::int as n from thing`.execute(database.db);
  return result.rows[0]?.n;
}

test("a row written in one test database is not seen in another", async () => {
  await sql`insert into thing (id) values ('018f0000-0000-7000-8000-000000000000')`.execute(
    first.db,
  );
  assert.equal(await count(first), 1);
  assert.equal(await count(second), 0);
});

test("the migrations ran once for both databases", async () => {
  const read = async (database: typeof first): Promise<unknown> =>
    (await sql<{ at: string }>`select at::text from run_of_migration`.execute(database.db)).rows[0]
      ?.at;
  assert.equal(await read(first), await read(second));
});

test("an edited migration gets a template of its own", async () => {
  const edited: readonly FeatureMigrations[] = [
    {
      feature: "sample",
      after: [],
      migrations: {
        "202611240000_sample_thing": {
          async up(db: Kysely<unknown>) {
            await sql`create table other_thing (id uuid primary key)`.execute(db);
          },
        },
      },
    },
  ];
  const third = await testDatabase({ migrations: edited });
  try {
    await sql`select id from other_thing`.execute(third.db);
    await assert.rejects(sql`select id from thing`.execute(third.db), /does not exist/);
  } finally {
    await third.close();
  }
});

test("a closed test database is gone from the server", async () => {
  const gone = await testDatabase({ migrations });
  const name = new URL(gone.url).pathname.slice(1);
  await gone.close();
  const found = await sql`select 1 from pg_database where datname = ${name}`.execute(first.db);
  assert.equal(found.rows.length, 0);
});

test("the server is of the wanted major version", async () => {
  const wanted = process.env["PACELINE_TEST_PG"] ?? "18";
  assert.equal((await testServer()).version.split(".")[0], wanted);
});
