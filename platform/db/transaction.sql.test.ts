import assert from "node:assert/strict";
import { after, test } from "node:test";

import { err, ok } from "@paceline/result";
import { testDatabase } from "@paceline/test-kit";
import { sql } from "kysely";

import { endingWith, inTransaction, listen, notify } from "./index.ts";
import type { FeatureMigrations } from "./index.ts";

const migrations: readonly FeatureMigrations[] = [
  {
    feature: "notes",
    after: [],
    migrations: {
      "202611240000_notes_first": {
        async up(db) {
          await sql`create table note (text text not null)`.execute(db);
        },
      },
    },
  },
];

const { db, url, close } = await testDatabase({ migrations });
after(close);

async function notes(): Promise<string[]> {
  const { rows } = await sql<{
    text: string;
  }>`select note.text from note order by note.text`.execute(db);
  return rows.map((row) => row.text);
}

test("a returned value commits", async () => {
  const result = await inTransaction(db, async (tx) => {
    await sql`insert into note (text) values ('kept')`.execute(tx);
    return ok("done");
  });
  assert.deepEqual(result, ok("done"));
  assert.deepEqual(await notes(), ["kept"]);
});

test("an error result rolls back and is returned unchanged", async () => {
  const refusal = err({ kind: "refused" });
  const result = await inTransaction(db, async (tx) => {
    await sql`insert into note (text) values ('lost')`.execute(tx);
    return refusal;
  });
  assert.equal(result, refusal);
  assert.deepEqual(await notes(), ["kept"]);
});

test("a throw rolls back and reaches the caller", async () => {
  const bug = new Error("bug");
  await assert.rejects(
    inTransaction(db, async (tx) => {
      await sql`insert into note (text) values ('lost')`.execute(tx);
      throw bug;
    }),
    bug,
  );
  assert.deepEqual(await notes(), ["kept"]);
});

test("what a transaction ends with is there with its changes, and with a refusal neither is", async () => {
  const write = async (tx: typeof db, text: string): Promise<void> => {
    await sql`insert into note (text) values (${text})`.execute(tx);
  };
  const marked = endingWith(db, (tx) => write(tx, "marked"));
  await inTransaction(marked, (tx) => inTransaction(tx, (inner) => write(inner, "lasting")));
  assert.deepEqual(await notes(), ["kept", "lasting", "marked"]);
  await inTransaction(marked, async (tx) => {
    await write(tx, "lost");
    return err({ kind: "refused" });
  });
  const broken = endingWith(db, () => Promise.reject(new Error("no mark")));
  await assert.rejects(
    inTransaction(broken, (tx) => write(tx, "lost")),
    /no mark/,
  );
  assert.deepEqual(await notes(), ["kept", "lasting", "marked"]);
  await sql`delete from note where note.text <> 'kept'`.execute(db);
});

test("a notification arrives only when its transaction commits", async () => {
  const got: (string | null)[] = [];
  const arrived = Promise.withResolvers<void>();
  const notifications = await listen(url, () => {});
  await notifications.on("notes", (payload) => {
    got.push(payload);
    arrived.resolve();
  });
  await inTransaction(db, async (tx) => {
    await notify(tx, "notes", "refused");
    return err({ kind: "refused" });
  });
  await inTransaction(db, (tx) => notify(tx, "notes", "committed"));
  await arrived.promise;
  assert.deepEqual(got, ["committed"]);
  await notifications.close();
});

test("after a broken connection listening resumes and handlers are told to read anew", async () => {
  const errors: Error[] = [];
  const got: (string | null)[] = [];
  const again = Promise.withResolvers<void>();
  const after = Promise.withResolvers<void>();
  const notifications = await listen(url, (error) => errors.push(error));
  await notifications.on("notes", (payload) => {
    got.push(payload);
    if (payload === null) again.resolve();
    else after.resolve();
  });
  await sql`select pg_terminate_backend(activity.pid) from pg_stat_activity as activity
    where activity.application_name = 'paceline-listen' and activity.datname = current_database()`.execute(
    db,
  );
  await again.promise;
  await notify(db, "notes", "resumed");
  await after.promise;
  assert.deepEqual(got, [null, "resumed"]);
  assert.ok(errors.length > 0);
  await notifications.close();
});
