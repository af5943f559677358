import { activeSpan, inSpan } from "@paceline/telemetry";
import type { Kysely } from "kysely";

import type { Database } from "./database.generated.ts";

/** A pool or an open transaction: SQL functions take it first and never keep it. */
export type Db = Kysely<Database>;

class RefusedResult extends Error {
  readonly refusal: unknown;
  constructor(refusal: unknown) {
    super("the transaction ended in a refusal");
    this.refusal = refusal;
  }
}

function isRefusal(value: unknown): value is { readonly error?: unknown } {
  return typeof value === "object" && value !== null && "ok" in value && value.ok === false;
}

/** Refusals are unions on `kind`: the word says which, and nothing about whom. */
function refusalKind({ error }: { readonly error?: unknown }): string {
  const kind = typeof error === "object" && error !== null && "kind" in error ? error.kind : "";
  return typeof kind === "string" && kind !== "" ? kind : "refused";
}

const lastWork = new WeakMap<Db, (tx: Db) => Promise<void>>();

/**
 * The same database, whose transactions do `last` before they commit: with what they change it is there
 * whole, or not at all. A refusal or a throw does without it, and its own throw undoes everything.
 */
export function endingWith(db: Db, last: (tx: Db) => Promise<void>): Db {
  const handle = db.withoutPlugins();
  lastWork.set(handle, last);
  return handle;
}

/**
 * Runs `work` in one transaction. Rolls back when it throws **and** when it returns an error
 * result (`{ ok: false }`), which is then returned unchanged.
 *
 * Inside an open transaction it joins that one, so that commands compose: the outermost caller
 * decides, and must hand a refusal of an inner one on for it to roll back.
 */
export async function inTransaction<T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> {
  if (db.isTransaction) return work(db);
  return inSpan("transaction", {}, () => outermost(db, work));
}

async function outermost<T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> {
  let refused: { readonly value: T } | null = null;
  try {
    return await db.transaction().execute(async (tx) => {
      const value = await work(tx);
      if (isRefusal(value)) {
        activeSpan()?.set({ "paceline.refusal": refusalKind(value) });
        refused = { value };
        throw new RefusedResult(value);
      }
      await lastWork.get(db)?.(tx);
      return value;
    });
  } catch (error) {
    if (error instanceof RefusedResult && refused !== null) {
      const { value }: { readonly value: T } = refused;
      return value;
    }
    throw error;
  }
}
