import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { writeDurably } from "./index-files.ts";

const FILE = "forgotten.json";

/**
 * How often each environment was forgotten, by a digest of its name. The number is part of every
 * digest, so that the ids from before are no longer recognised.
 */
export class Forgotten {
  readonly #folder: string;
  #times: ReadonlyMap<string, number>;

  private constructor(folder: string, times: ReadonlyMap<string, number>) {
    this.#folder = folder;
    this.#times = times;
  }

  static async open(folder: string): Promise<Forgotten> {
    if (!(await readdir(folder)).includes(FILE)) return new Forgotten(folder, new Map());
    const parsed: unknown = JSON.parse(await readFile(join(folder, FILE), "utf8"));
    if (typeof parsed !== "object" || parsed === null) throw new TypeError(`${FILE} is damaged`);
    const times = Object.entries(parsed).map(([name, value]: [string, unknown]) => {
      if (typeof value !== "number") throw new TypeError(`${FILE} is damaged`);
      return [name, value] as const;
    });
    return new Forgotten(folder, new Map(times));
  }

  times(name: string): number {
    return this.#times.get(name) ?? 0;
  }

  /** Resolves when it is durable. */
  async add(name: string): Promise<void> {
    const times = new Map(this.#times).set(name, this.times(name) + 1);
    await writeDurably(this.#folder, FILE, JSON.stringify(Object.fromEntries(times)));
    this.#times = times;
  }
}
