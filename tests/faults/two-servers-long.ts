/**
 * Rollouts on two whole servers that share PostgreSQL and ClickHouse, of which one is killed with SIGKILL in
 * the middle of a stage, of a stage's transition, and of a rollback: part of `npm run test:rollouts`.
 *
 * Clients come through a balancer before each server, so that those of a dead one find the other. Before they
 * may, the other one moves on: they must keep exactly what they had until then.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { OpenFeature } from "@openfeature/server-sdk";

import { Balancer } from "./balancer.ts";
import { unitsOf } from "./flag-clients.ts";
import type { FlagClient } from "./flag-clients.ts";
import { Journey, STEP_SECONDS } from "./whole-journey.ts";
import type { Entry, StageShape } from "./whole-journey.ts";
import { WholeWorld, WINDOWS, WITHIN_MS } from "./whole-world.ts";
import type { Answer, Hold, Node, Window } from "./whole-world.ts";

const LOOK_MS = 50;
/** Clients of each entry. */
const KINDS = 3;

/** A server with the two balancers through which its clients come. */
interface Side {
  readonly node: Node;
  readonly http: Balancer;
  readonly sync: Balancer;
}

const world = new WholeWorld();
const journeys: Journey[] = [];
let sides: readonly Side[] = [];

async function sideOf(node: Node, other: Node): Promise<Side> {
  return {
    node,
    http: await Balancer.listen([node.port, other.port]),
    sync: await Balancer.listen([node.syncPort, other.syncPort]),
  };
}

before(async () => {
  await world.startDatabase();
  await world.startClickHouse();
  const one = await world.addNode("one");
  const two = await world.addNode("two");
  sides = [await sideOf(one, two), await sideOf(two, one)];
});
after(async () => {
  await Promise.all(journeys.map((journey) => journey.close()));
  await OpenFeature.close();
  await Promise.all(sides.flatMap(({ http, sync }) => [http.close(), sync.close()]));
  await world.close();
});

/** A journey with clients at both servers. */
async function prepared(
  flagKey: string,
  stages: readonly StageShape[],
  options: Omit<Parameters<Journey["prepare"]>[0], "entries">,
): Promise<Journey> {
  const [one] = sides;
  assert.ok(one !== undefined);
  const journey = new Journey(world, one.node, flagKey, stages);
  journeys.push(journey);
  const entries = sides.map(({ http, sync }): Entry => {
    return { url: `http://127.0.0.1:${http.port}`, syncPort: sync.port };
  });
  await journey.prepare({ ...options, entries });
  assert.equal(journey.clients.length, KINDS * sides.length);
  return journey;
}

function pair(name: string): { readonly dead: Side; readonly living: Side } {
  const dead = sides.find(({ node }) => node.name === name);
  const living = sides.find(({ node }) => node.name !== name);
  assert.ok(dead !== undefined && living !== undefined, `${name} is no server`);
  return { dead, living };
}

function clientsOf({ clients }: Journey, side: Side): readonly FlagClient[] {
  const from = sides.indexOf(side) * KINDS;
  return clients.slice(from, from + KINDS);
}

/**
 * Kills a server and keeps its clients from the other until that has done what it should; they have what they
 * had until then, and what the other one serves afterwards.
 */
async function killOne(
  journey: Journey,
  name: string,
  meanwhile: (living: Side) => Promise<void>,
): Promise<void> {
  const { dead, living } = pair(name);
  await dead.node.kill();
  dead.http.cutOff();
  dead.sync.cutOff();
  journey.node = living.node;
  const alone = clientsOf(journey, dead);
  await journey.assertKept(async () => {
    await meanwhile(living);
    await Promise.all(alone.map((client) => client.look()));
  }, alone);
  dead.http.join();
  dead.sync.join();
}

interface Move {
  readonly transition: string;
  readonly window: Window;
  /** How far the flag is open after it. */
  readonly share: number;
}

interface How {
  /** What brings the transition about, beside time. */
  readonly trigger?: () => Promise<unknown>;
  /** What the other server is told then. */
  readonly again?: () => Promise<void>;
  /** Was made before the transition could come; by default the next publication is held. */
  readonly hold?: Promise<Hold>;
}

/** Kills the server that makes a transition, in its middle; the other one makes it. */
async function killDuring(
  journey: Journey,
  { transition, window, share }: Move,
  {
    trigger = async () => undefined,
    again = async () => undefined,
    hold = journey.holdNext(window),
  }: How = {},
): Promise<void> {
  const held = await hold;
  const triggered = trigger().catch(() => undefined);
  const name = await held.reached();
  const startedMs = performance.now();
  await killOne(journey, name, async (living) => {
    await held.release();
    await triggered;
    await again();
    await journey.served(share, clientsOf(journey, living));
  });
  journey.killed.push({ transition, window, aloneMs: performance.now() - startedMs });
  await journey.served(share);
  await pair(name).dead.node.start();
}

/** Repeats what the database takes for under way until the session of the dead server has ended. */
async function askUntilDone(ask: () => Promise<Answer>): Promise<Answer> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const answer = await ask();
    const isRunning = String(answer.body.type).endsWith("still-running");
    if (!isRunning || performance.now() > deadline) return answer;
    await pause(LOOK_MS);
  }
}

/** As `killDuring`, for what somebody asks for: repeated at the other server with its key, it is done once. */
async function killDuringAsk(
  journey: Journey,
  move: Move,
  ask: () => Promise<Answer>,
): Promise<void> {
  const { transition, window } = move;
  const again = async (): Promise<void> => {
    const { status, body } = await askUntilDone(ask);
    const isLost = String(body.type).endsWith("idempotent-answer-lost");
    const isExpected = status < 300 || (isLost && window === "committed");
    assert.ok(isExpected, `${transition}, killed ${window}: ${status} ${JSON.stringify(body)}`);
  };
  await killDuring(journey, move, { trigger: ask, again });
}

function tell(t: TestContext, { killed }: Journey): void {
  for (const { transition, window, aloneMs } of killed) {
    t.diagnostic(`${transition}, ${window}: ${Math.round(aloneMs)} ms until the other one did it`);
  }
}

for (const window of WINDOWS) {
  test(`of two servers one is killed ${window} in a stage, in its transition and in the rollback of a guard: the other goes on`, async (t) => {
    const stages = [
      { share: 0.1, hold: { time: "PT1S" } },
      { share: 0.35, hold: { time: "P1D", guards: true } },
      { share: 1, hold: {} },
    ];
    const journey = await prepared(`two-up-${window}`, stages, { guarded: true });
    const [sdk] = journey.clients;
    assert.ok(sdk !== undefined);
    // Before the start: its time may be over before anybody looks.
    const onTime = journey.holdNext(window, 1);
    await onTime;
    assert.ok((await journey.asking("start")()).status < 300);
    // Units for the guard at each server: those at the dead one are not heard of before it is joined again.
    const services = sides.flatMap((side) => clientsOf(journey, side).slice(0, 1));
    const early = (): Promise<unknown> =>
      Promise.all(
        services.map(async (service, index) => {
          // Before it has the first stage it exposes nobody, and would not ask again.
          await journey.served(0.1, [service]);
          await service.exposed(unitsOf(`early-${index}`, 800));
        }),
      );
    const time = { transition: "time", window, share: 0.35 };
    await killDuring(journey, time, { trigger: early, hold: onTime });
    // In the middle of a stage, with nothing under way.
    for (const { node } of sides) {
      await killOne(journey, node.name, async (living) => {
        await journey.served(0.35, clientsOf(journey, living));
      });
      await journey.served(0.35);
      await node.start();
    }
    const exposed = await sdk.exposed(unitsOf("late", 800));
    const harmed = exposed.filter((_, index) => index % 3 === 0);
    const breach = { transition: "breach", window, share: 0 };
    await killDuring(journey, breach, { trigger: () => journey.fail(harmed) });
    await journey.until("the end", ({ state }) => state === "rolled-back");
    await journey.assertLog([0, 0.1, 0.35, 0]);
    tell(t, journey);
  });

  test(`of two servers one is killed ${window} in the steps of a rollback last in, first out: exposure only ever falls`, async (t) => {
    const stages = [0.1, 0.35, 1].map((share) => ({ share, hold: { time: "P1D" } }));
    const wayBack = { pace: "last-in-first-out", stepSeconds: STEP_SECONDS };
    const journey = await prepared(`two-down-${window}`, stages, { guarded: false, wayBack });
    assert.ok((await journey.asking("start")()).status < 300);
    for (const share of [0.35, 1]) {
      assert.ok((await journey.asking("advance", { reason: "All is well." })()).status < 300);
      await journey.served(share);
    }
    const place = `/api/v1/environments/production/flags/${journey.flagKey}/rollback`;
    const back = journey.asking(place, { reason: "Orders fall." });
    await killDuringAsk(journey, { transition: "first step", window, share: 0.35 }, back);
    const trigger = (): Promise<void> => journey.nextStepIsDue();
    await killDuring(journey, { transition: "second step", window, share: 0.1 }, { trigger });
    await killDuring(journey, { transition: "target", window, share: 0 }, { trigger });
    await journey.until("the end", ({ state }) => state === "rolled-back");
    await journey.assertLog([0, 0.1, 0.35, 1, 0.35, 0.1, 0]);
    tell(t, journey);
  });
}

test("no event that one of two servers acknowledged is lost or counted twice", async () => {
  const sent = journeys.flatMap(({ acknowledged }) => [...acknowledged]);
  assert.ok(sent.length > 0);
  await Promise.all(sides.map(({ node }) => node.stop()));
  const stored = await world.storedIds("Failed");
  for (const id of sent) assert.equal(stored.get(id), 1, id);
});
