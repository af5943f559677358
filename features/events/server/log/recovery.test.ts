import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import fc from "fast-check";

import { encodeEvents } from "../../domain/index.ts";
import { sampleEvent } from "../sample-events.ts";
import { damagedLogs, readableLog, recoverLog } from "./recovery.ts";
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
    const found = readableLog(whole.subarray(0, length));
    const expected = [length - bytes, events, 0];
    assert.deepEqual(
      [found.tornBytes, found.events.length, found.damaged.length],
      expected,
      `cut at ${length}`,
    );
  }
});

test("zeros or foreign bytes after the last whole line are dropped", () => {
  for (const tail of [Buffer.alloc(4096), Buffer.from("}\n{\n"), Buffer.from([0xff, 0x0a])]) {
    const found = readableLog(Buffer.concat([whole, tail]));
    assert.deepEqual([found.tornBytes, found.events.length], [tail.length, 3]);
    assert.deepEqual(found.damaged, []);
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

const many = Array.from({ length: 12 }, (_, place) =>
  Buffer.from(
    encodeEvents([
      sampleEvent({ messageId: `m${place}`, properties: '{"a":{"workspace":"x"},"note":"ä"}' }),
    ]),
  ),
);

test("a damaged stretch of bytes loses only the lines that it touches", () => {
  const log = Buffer.concat(many);
  fc.assert(
    fc.property(
      fc.nat(log.length - 1),
      fc.uint8Array({ minLength: 1, maxLength: 700 }),
      (from, noise) => {
        const to = Math.min(log.length, from + noise.length);
        const broken = Buffer.from(log);
        broken.set(noise.subarray(0, to - from), from);
        let start = 0;
        const untouched = many.filter((line) => {
          const isWhole = start + line.length <= from || start >= to;
          start += line.length;
          return isWhole;
        });
        const found = readableLog(broken);
        const kept = new Set(found.lines.map(String));
        for (const line of untouched) assert.ok(kept.has(String(line)), String(line));
        const sizes = [...found.lines, ...found.damaged].map(({ length }) => length);
        assert.equal(
          sizes.reduce((sum, size) => sum + size, found.tornBytes),
          log.length,
          "every byte is a line, set aside or torn",
        );
      },
    ),
    { numRuns: 2_000 },
  );
});

test("a lost line feed costs one line, not the one behind it", () => {
  const log = Buffer.concat(many);
  log[(many[0]?.length ?? 0) - 1] = 0x58;
  assert.deepEqual(
    readableLog(log).events.map(({ messageId }) => messageId),
    many.slice(1).map((_, place) => `m${place + 1}`),
  );
});

test("damaged bytes are set aside once, and the log is readable without them", async () => {
  const own = await mkdtemp(join(tmpdir(), "paceline-rot-"));
  after(() => rm(own, { recursive: true, force: true }));
  const path = join(own, logName("node", 7));
  const rotten = Buffer.from(many[1] ?? "");
  rotten.fill(0, 20, 40);
  const log = Buffer.concat([many[0] ?? rotten, rotten, many[2] ?? rotten, Buffer.from('{"half')]);
  for (const again of [false, true]) {
    // The second time as if the process had died before the log was replaced.
    await writeFile(path, log);
    const { sealed, droppedBytes } = await recoverLog(own, () => undefined);
    assert.deepEqual([droppedBytes, sealed.map(({ scopes }) => eventsIn(scopes))], [6, [2]]);
    assert.deepEqual(await readFile(path), Buffer.concat([many[0] ?? rotten, many[2] ?? rotten]));
    const [aside, ...others] = await damagedLogs(own);
    assert.equal(others.length, 0, `again: ${again}`);
    assert.ok(aside?.name.startsWith(logName("node", 7)));
    assert.deepEqual(await readFile(join(own, aside?.name ?? "")), rotten);
  }
});
