import { Migrator } from "kysely/migration";
import type { Migration } from "kysely/migration";
import type pg from "pg";

import { poolOf } from "./connection.ts";
import type { Db } from "./transaction.ts";

/** The schema changes of one feature, in the order in which they apply. */
export interface FeatureMigrations {
  readonly feature: string;
  /** Features whose tables this one refers to. */
  readonly after: readonly string[];
  /** By name: `YYYYMMDDHHMM_<feature>_<what>`. */
  readonly migrations: Readonly<Record<string, Migration>>;
  /** A schema that a library keeps itself; called before the migrations, again and again. */
  readonly install?: (pool: pg.Pool) => Promise<void>;
}

const NAME = /^\d{12}_[a-z]+(?:_[a-z0-9]+)+$/;

/**
 * Puts the migrations of every feature into the one order in which they run: by name, hence by time.
 *
 * @throws Error if a name is malformed, used twice, or belongs to another feature; if a feature
 *   refers to one that is absent; or if the first migration of a feature would run before the
 *   first one of a feature that it refers to
 */
export function mergeMigrations(features: readonly FeatureMigrations[]): Record<string, Migration> {
  const merged = new Map<string, Migration>();
  const first = new Map<string, string>();
  for (const { feature, migrations } of features) {
    if (first.has(feature)) throw new Error(`feature ${feature} lists its migrations twice`);
    const names = Object.keys(migrations).toSorted();
    first.set(feature, names[0] ?? "");
    for (const name of names) {
      if (!NAME.test(name) || !name.slice(13).startsWith(`${feature}_`)) {
        throw new Error(`migration ${name} must be named YYYYMMDDHHMM_${feature}_<what>`);
      }
      const migration = migrations[name];
      if (merged.has(name) || migration === undefined)
        throw new Error(`migration ${name} exists twice`);
      merged.set(name, migration);
    }
  }
  for (const { feature, after } of features) {
    for (const earlier of after) {
      const start = first.get(earlier);
      if (start === undefined)
        throw new Error(`${feature} needs the tables of ${earlier}, which is absent`);
      if (start > (first.get(feature) ?? "")) {
        throw new Error(`the first migration of ${feature} must come after ${start}`);
      }
    }
  }
  return Object.fromEntries([...merged].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Brings the schema up to date under the migrator's lock; several processes may call it at once.
 *
 * @returns names of the migrations that ran now
 * @throws Error naming the migration that failed; it was rolled back
 */
export async function migrateToLatest(
  db: Db,
  features: readonly FeatureMigrations[],
): Promise<readonly string[]> {
  const migrations = mergeMigrations(features);
  for (const { install } of features) await install?.(poolOf(db));
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) {
    const failed = results?.find((result) => result.status === "Error")?.migrationName;
    throw new Error(`migration ${failed ?? "(unknown)"} failed`, { cause: error });
  }
  return (results ?? []).map((result) => result.migrationName);
}
