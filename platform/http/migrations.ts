import type { FeatureMigrations } from "@paceline/db";
import { sql } from "kysely";

export const migrations: FeatureMigrations = {
  feature: "http",
  after: [],
  migrations: {
    "202611240000_http_idempotency_keys": {
      async up(db) {
        await sql`
          create table idempotency_keys (
            owner text not null,
            key text not null,
            fingerprint text not null,
            created_at timestamptz not null,
            status integer,
            content_type text,
            body text,
            primary key (owner, key)
          )`.execute(db);
        await sql`create index idempotency_keys_age on idempotency_keys (created_at)`.execute(db);
      },
    },
    "202611271210_http_idempotency_node": {
      async up(db) {
        await sql`alter table idempotency_keys add column node text`.execute(db);
      },
    },
    "202611271820_http_idempotency_acted": {
      async up(db) {
        // When a transaction of the request committed; its answer may be kept later or never.
        await sql`alter table idempotency_keys add column acted_at timestamptz`.execute(db);
      },
    },
  },
};
