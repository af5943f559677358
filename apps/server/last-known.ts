import { join } from "node:path";

import { KeySnapshot } from "@paceline/access/server";
import type { KnownKey } from "@paceline/access/server";
import type { PublishedSet } from "@paceline/flags/domain";
import { keptSets, readChecked, restoredSets, writeChecked } from "@paceline/flags/server";
import type { FlagSets } from "@paceline/flags/server";
import type { Logger } from "pino";

import type { Config } from "./config.ts";

/** Changes that come in a burst are kept together. */
const WRITE_AFTER_MS = 200;

/** The flags and keys that were known last, from the disk and for it. */
export interface LastKnown {
  readonly sets: readonly PublishedSet[];
  readonly keys: KeySnapshot;
  /** Keeps what changes from now on. */
  follow(flagSets: FlagSets): void;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A key as it is kept: the hash of its secret, which gives nobody access. */
function keptKey({ secretHash, ...key }: KnownKey): unknown {
  return { ...key, secretHash: Buffer.from(secretHash).toString("base64") };
}

function restoredKey(kept: unknown): readonly KnownKey[] {
  if (!isRecord(kept)) return [];
  const { id, prefix, name, workspaceId, environment, secretHash } = kept;
  const scopes = (["evaluate", "browser"] as const).filter(
    (scope) => Array.isArray(kept["scopes"]) && kept["scopes"].includes(scope),
  );
  if (typeof id !== "string" || typeof prefix !== "string" || typeof name !== "string") return [];
  if (typeof workspaceId !== "string" || typeof secretHash !== "string") return [];
  return [
    {
      id,
      prefix,
      name,
      workspaceId,
      environment: typeof environment === "string" ? environment : null,
      scopes,
      secretHash: Buffer.from(secretHash, "base64"),
    },
  ];
}

/** Opens what was kept. A file that is damaged, or of another form, is as good as none. */
export async function openLastKnown({ dataDir }: Config, logger: Logger): Promise<LastKnown> {
  const path = join(dataDir, "flags", "last-known.json");
  let sets: readonly PublishedSet[] = [];
  let known: readonly KnownKey[] = [];
  try {
    const kept = await readChecked(path);
    if (isRecord(kept)) {
      sets = restoredSets(kept["sets"]);
      known = Array.isArray(kept["keys"]) ? kept["keys"].flatMap(restoredKey) : [];
    }
  } catch (error) {
    logger.warn({ err: error, path }, "the flags that were known last cannot be read");
  }
  const keys = new KeySnapshot(known);
  let flagSets: FlagSets | null = null;
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();
  const write = (): Promise<void> => {
    timer = null;
    writing = writing.then(async () => {
      if (flagSets === null) return;
      const value = { sets: keptSets(flagSets.known()), keys: keys.keys().map(keptKey) };
      await writeChecked(path, value).catch((error: unknown) =>
        logger.error({ err: error, path }, "the flags that are in force cannot be kept"),
      );
    });
    return writing;
  };
  const soon = (): void => {
    timer ??= setTimeout(() => void write(), WRITE_AFTER_MS).unref();
  };
  return {
    sets,
    keys,
    follow(followed) {
      flagSets = followed;
      followed.onChange(soon);
      keys.onChange(soon);
      soon();
    },
    async close() {
      if (timer === null) return writing;
      clearTimeout(timer);
      return write();
    },
  };
}
