/**
 * Runs test files one after the other in this process, each as a suite of its own: its hooks are its own,
 * and the next file is loaded when the one before it has ended.
 */
import { resolve } from "node:path";
import { after, describe } from "node:test";
import { pathToFileURL } from "node:url";

for (const file of process.argv.slice(2)) {
  await new Promise<void>((ended) => {
    void describe(file, async () => {
      after(() => ended());
      try {
        await import(pathToFileURL(resolve(file)).href);
      } catch (error) {
        // A suite that could not be built runs no hooks.
        ended();
        throw error;
      }
    });
  });
}
