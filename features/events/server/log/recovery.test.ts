import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { encodeEvents } from "../../domain/index.ts";
import { sampleEvent } from "../sample-events.ts";
import { recoverLog, wholePrefix } from "./recovery.ts";
import { eventsIn } from "./scopes.ts";
import { logName } from "./segment-name.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-recovery-"));
after(() => rm(folder, { recursive: true, force: true }));

const lines = ["m1", "m2", "m3"].map((messageId) =>
  Buffer.from(encodeEvents([sampleEvent({ messageId, properties: '{"note":"ä\u{1F600}"}' })])),
);
const whole = Buffer.concat(lines);

test("a log cut at any byte keeps exactly its whole lines", () => {
  for (let length = 0; length <= whole.length; length += 1) {
    let bytes = 0;
    let events = 0;
    for (const line of lines) {
      if (bytes + line.length > length) break;
      bytes += line.length;
      events += 1;
    }
    const found = wholePrefix(whole.subarray(0, length));
    assert.deepEqual([found.bytes, found.events.length], [bytes, events], `cut at ${length}`);
  }
});

test("zeros or foreign bytes after the last whole line are dropped", () => {
  for (const tail of [Buffer.alloc(4096), Buffer.from("}\n{\n"), Buffer.from([0xff, 0x0a])]) {
    const found = wholePrefix(Buffer.concat([whole, tail]));
    assert.deepEqual([found.bytes, found.events.length], [whole.length, 3]);
  }
});

test("recovery cuts torn files, removes empty ones and leaves other files alone", async () => {
  const torn = join(folder, logName("node", 1));
  await writeFile(torn, Buffer.concat([whole, Buffer.from('{"half')]));
  await writeFile(join(folder, logName("node", 2)), "");
  await writeFile(join(folder, logName("node", 3)), lines[0] ?? "");
  await writeFile(join(folder, "notes.txt"), "mine");
  const told: [string, number][] = [];
  const recovered = await recoverLog(folder, (path, events) => told.push([path, events.length]));
  assert.deepEqual(told, [
    [torn, 3],
    [join(folder, logName("node", 3)), 1],
  ]);
  assert.equal(recovered.droppedBytes, 6);
  assert.deepEqual(
    recovered.sealed.map(({ stretch, scopes }) => [stretch.from, eventsIn(scopes)]),
    [
      [1, 3],
      [3, 1],
    ],
  );
  assert.deepEqual(await readFile(torn), whole);
  assert.deepEqual((await readdir(folder)).toSorted(), [
    logName("node", 1),
    logName("node", 3),
    "notes.txt",
  ]);
});
