/** Made by `npm run generate:db-types` from the migrated schema. Do not edit. */
import type { ColumnType } from "kysely";

export type Timestamp = ColumnType<Date, Date | string, Date | string>;

export interface IdempotencyKeys {
  body: string | null;
  content_type: string | null;
  created_at: Timestamp;
  fingerprint: string;
  key: string;
  owner: string;
  status: number | null;
}

export interface Database {
  idempotency_keys: IdempotencyKeys;
}
