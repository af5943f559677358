import assert from "node:assert/strict";
import test from "node:test";

import { createLiveHub } from "./live.ts";

/** An EventSource that a test speaks through. */
class Wire {
  readonly listeners = new Map<string, ((event: MessageEvent<string>) => void)[]>();
  onopen: ((event: Event) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  readyState = 0;
  addEventListener(name: string, listener: (event: MessageEvent<string>) => void): void {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }
  close(): void {
    this.readyState = 2;
  }
  accept(): void {
    this.readyState = 1;
    this.onopen?.(new Event("open"));
  }
  say(topic: string, data: unknown): void {
    const event = new MessageEvent(topic, { data: JSON.stringify(data) });
    for (const listener of this.listeners.get(topic) ?? []) listener(event);
  }
  give(up: boolean): void {
    if (up) this.readyState = 2;
    this.onerror?.(new Event("error"));
  }
}

function setUp() {
  const wires: Wire[] = [];
  const waiting: (() => void)[] = [];
  const hub = createLiveHub(
    () => {
      const wire = new Wire();
      wires.push(wire);
      return wire;
    },
    (act) => waiting.push(act),
  );
  return { hub, wires, waiting };
}

test("all topics of a tab share one stream, and each hears its own events", () => {
  const { hub, wires } = setUp();
  const heard: unknown[] = [];
  hub.subscribe(
    "flags",
    (data) => heard.push(["flags", data]),
    () => {},
  );
  hub.subscribe(
    "audit",
    (data) => heard.push(["audit", data]),
    () => {},
  );
  wires[0]?.say("flags", { key: "a" });
  wires[0]?.say("audit", 7);
  assert.equal(wires.length, 1);
  assert.deepEqual(heard, [
    ["flags", { key: "a" }],
    ["audit", 7],
  ]);
});

test("two listeners of one topic each hear an event once", () => {
  const { hub, wires } = setUp();
  let count = 0;
  const stop = hub.subscribe(
    "flags",
    () => (count += 1),
    () => {},
  );
  hub.subscribe(
    "flags",
    () => (count += 1),
    () => {},
  );
  wires[0]?.say("flags", {});
  assert.equal(count, 2);
  stop();
  wires[0]?.say("flags", {});
  assert.equal(count, 3);
});

test("a short break is left to the browser, which resumes by the last event id", () => {
  const { hub, wires, waiting } = setUp();
  let resets = 0;
  hub.subscribe(
    "flags",
    () => {},
    () => (resets += 1),
  );
  wires[0]?.accept();
  wires[0]?.give(false);
  assert.equal(hub.state(), "away");
  wires[0]?.accept();
  assert.deepEqual([hub.state(), wires.length, waiting.length, resets], ["live", 1, 0, 0]);
});

test("a stream that was given up is opened anew, and everything is read anew", () => {
  const { hub, wires, waiting } = setUp();
  let resets = 0;
  hub.subscribe(
    "flags",
    () => {},
    () => (resets += 1),
  );
  wires[0]?.accept();
  wires[0]?.give(true);
  waiting[0]?.();
  wires[1]?.accept();
  assert.deepEqual([wires.length, resets], [2, 1]);
});

test("a hidden tab closes its stream and reads anew when it is seen again", () => {
  const { hub, wires } = setUp();
  let resets = 0;
  hub.subscribe(
    "flags",
    () => {},
    () => (resets += 1),
  );
  wires[0]?.accept();
  hub.pause();
  assert.equal(wires[0]?.readyState, 2);
  hub.resume();
  wires[1]?.accept();
  assert.equal(resets, 1);
});
