import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { Type } from "typebox";
import type { Static } from "typebox";
import { Value } from "typebox/value";

import { syncFolder } from "../log/log-files.ts";

const PendingSchema = Type.Object({
  id: Type.String(),
  workspace: Type.String(),
  identifiers: Type.Array(Type.String()),
  suppress: Type.Boolean(),
  reason: Type.String(),
  actor: Type.String(),
  requestedAt: Type.Number(),
});

/** An erasure that was asked for and is not finished. The only record that names the person. */
export type PendingErasure = Readonly<Static<typeof PendingSchema>>;

const NAME = /^([0-9A-Za-z-]{1,64})\.json$/;

/** Erasures under way as files of a folder, so that a killed process finishes them at its next start. */
export class PendingErasures {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(): Promise<readonly PendingErasure[]> {
    const names = await readdir(this.#folder).catch((): string[] => []);
    const found: PendingErasure[] = [];
    for (const name of names.toSorted()) {
      // What is half written was not promised to anybody.
      if (!NAME.test(name)) await rm(join(this.#folder, name), { force: true });
      else {
        const text = await readFile(join(this.#folder, name), "utf8");
        found.push(Value.Parse(PendingSchema, JSON.parse(text)));
      }
    }
    return found.toSorted((a, b) => a.requestedAt - b.requestedAt);
  }

  async add(pending: PendingErasure): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const path = this.#path(pending.id);
    const handle = await open(`${path}.tmp`, "w", 0o600);
    try {
      await handle.writeFile(JSON.stringify(pending));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${path}.tmp`, path);
    await syncFolder(this.#folder);
  }

  async remove(id: string): Promise<void> {
    await rm(this.#path(id), { force: true });
    await syncFolder(this.#folder);
  }

  #path(id: string): string {
    if (!NAME.test(`${id}.json`))
      throw new RangeError("an erasure's id must be letters and digits");
    return join(this.#folder, `${id}.json`);
  }
}
