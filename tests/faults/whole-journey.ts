/** A rollout of a flag that whole servers move while they are killed, and what must be true of it afterwards. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

import { bucketOf, murmur3 } from "@paceline/flag-eval";
import { sql } from "kysely";

import { openOfrepClient, openSdkClient, openSyncClient, unitsOf } from "./flag-clients.ts";
import type { FlagClient } from "./flag-clients.ts";
import { WITHIN_MS } from "./whole-world.ts";
import type { Answer, Hold, Json, Node, WholeWorld, Window } from "./whole-world.ts";

/** One salt and the same units for every flag: who is in which stage never changes. */
const SALT = "drill";
const SDK_UNITS = 400;
const PAGES = 100;
const SYNC_UNITS = 100;
const GATE_PARTS = 100_000;
const LOOK_MS = 50;

/** How many of a client's units an exposure lets through, by the formula that is published. */
function expected({ units }: FlagClient, exposureShare: number): number {
  const passes = units.filter(
    (unit) => bucketOf(murmur3(`${SALT}/gate/${unit}`), GATE_PARTS) < exposureShare * GATE_PARTS,
  );
  return passes.length / units.length;
}

export interface StageShape {
  readonly share: number;
  readonly hold: Readonly<Record<string, unknown>>;
}

/** Where clients find a server: its own address, or that of a balancer before it. */
export interface Entry {
  readonly url: string;
  /** Where flagd's clients synchronize; null where there are none. */
  readonly syncPort: number | null;
}

export const HOLD = { time: null, sample: null, approval: null, guards: false };

/** So far apart are the steps of a rollback in steps: each is made due by hand. */
export const STEP_SECONDS = 3_600;

/** One publication of the flag: when it was written, and how far it was open; 0 when it was off. */
interface Opened {
  readonly atMs: number;
  readonly share: number;
}

const FAILURES = {
  id: "failures",
  name: "Failed baskets",
  source: {
    kind: "event-metric",
    metric: "failed",
    direction: "decrease",
    scale: "absolute",
    margin: 0.05,
    windowHours: 24,
    minimumUnits: 50,
  },
  action: "roll-back",
};

/** A kill in one window of one transition, and how long clients were alone. */
export interface Killed {
  readonly transition: string;
  readonly window: Window;
  readonly aloneMs: number;
}

export class Journey {
  readonly flagKey: string;
  readonly killed: Killed[] = [];
  readonly acknowledged: Set<string> = new Set();
  readonly clients: FlagClient[] = [];
  rollout = "";
  /** The server that is asked; another one when this has died. */
  node: Node;
  readonly #world: WholeWorld;
  readonly #stages: readonly StageShape[];
  #intake = "";

  constructor(world: WholeWorld, node: Node, flagKey: string, stages: readonly StageShape[]) {
    this.#world = world;
    this.node = node;
    this.flagKey = flagKey;
    this.#stages = stages;
  }

  #must(method: string, path: string, body?: object, key?: string): Promise<Json> {
    return this.#world.must(this.node, method, path, body, key);
  }

  /** A flag in force at exposure 0 with its way back, an armed plan, and the clients of each entry. */
  async prepare(options: {
    readonly guarded: boolean;
    readonly wayBack?: object;
    /** By default the clients find the one server by its own address. */
    readonly entries?: readonly Entry[];
  }): Promise<void> {
    const { flagKey } = this;
    const place = `/api/v1/flags/${flagKey}/environments/production`;
    await this.#must("PUT", "/api/v1/metrics/failed", {
      statistic: "proportion",
      denominator: null,
      format: "percent",
      description: "",
      name: "Failed baskets",
      numerator: { event: "Failed", aggregation: "any", property: null },
    });
    await this.#must("POST", "/api/v1/flags", {
      key: flagKey,
      type: "boolean",
      kind: "release",
      variants: { on: true, off: false },
    });
    await this.#must("PUT", place, {
      enabled: true,
      offVariant: "off",
      defaultVariant: "off",
      rules: [
        { id: "new", serve: { variant: "on" }, exposureShare: 0, salt: SALT, recordExposure: true },
      ],
    });
    await this.#must("POST", `${place}/publish`);
    await this.#must("PUT", `/api/v1/environments/production/flags/${flagKey}/rollback`, {
      initiativeId: null,
      experimentId: null,
      target: { kind: "off" },
      triggers: ["guardrail-breach"],
      mode: "automatic",
      ownerId: "owner",
      verification: "Nobody gets the new basket.",
      ...options.wayBack,
    });
    const { id } = await this.#must("POST", "/api/v1/rollouts", {
      name: flagKey,
      flagKey,
      environment: "production",
      ruleId: "new",
      guards: options.guarded ? [FAILURES] : [],
      stages: this.#stages.map(({ share, hold }, index) => ({
        id: `s${index}`,
        name: `${share * 100} %`,
        exposureShare: share,
        when: null,
        hold: { ...HOLD, ...hold },
      })),
    });
    this.rollout = String(id);
    await this.#must("POST", `/api/v1/rollouts/${this.rollout}/arm`);
    this.#intake = await this.#world.key(this.node, "intake");
    const key = await this.#world.key(this.node, "evaluate");
    for (const entry of options.entries ?? [{ url: this.node.url, syncPort: null }]) {
      this.clients.push(...(await this.#clientsAt(entry, key)));
    }
  }

  /** A service with our SDK, pages, and a service with flagd's provider where the entry has a port for it. */
  async #clientsAt({ url, syncPort }: Entry, key: string): Promise<readonly FlagClient[]> {
    const { flagKey } = this;
    return [
      await openSdkClient(url, key, flagKey, unitsOf("unit", SDK_UNITS)),
      await openOfrepClient({ url, key, flagKey }, unitsOf("unit", PAGES)),
      ...(syncPort === null
        ? []
        : [await openSyncClient(syncPort, flagKey, unitsOf("unit", SYNC_UNITS))]),
    ];
  }

  /** Asks for something that moves the plan; a repetition with the same key acts once. */
  asking(path: string, body: object = {}, key?: string): () => Promise<Answer> {
    const idempotencyKey = randomUUID();
    return () =>
      this.#world.call(
        this.node,
        "POST",
        path.startsWith("/api") ? path : `/api/v1/rollouts/${this.rollout}/${path}`,
        body,
        { idempotencyKey, ...(key === undefined ? {} : { key }) },
      );
  }

  /** Follows the newest rollout of the flag from now on, such as the one that a rollback made. */
  async follow(): Promise<void> {
    const { items } = await this.#must("GET", `/api/v1/rollouts?flagKey=${this.flagKey}`);
    this.rollout = String(items[0].id);
  }

  async state(): Promise<Json> {
    return this.#must("GET", `/api/v1/rollouts/${this.rollout}`);
  }

  async until(what: string, isSo: (rollout: Json) => boolean): Promise<Json> {
    const deadline = performance.now() + WITHIN_MS;
    for (;;) {
      const rollout = await this.state().catch(() => null);
      if (rollout !== null && isSo(rollout)) return rollout;
      assert.ok(performance.now() < deadline, `${what} did not come: ${JSON.stringify(rollout)}`);
      await pause(LOOK_MS);
    }
  }

  /** Waits until every client of a node that lives has got as far as a share; 0 is all the way back. */
  async served(share: number, clients: readonly FlagClient[] = this.clients): Promise<void> {
    const deadline = performance.now() + WITHIN_MS;
    for (;;) {
      const shares = await Promise.all(clients.map((client) => client.look()));
      const isThere = (client: FlagClient, index: number): boolean => {
        const has = shares[index] ?? 0;
        return share === 0 ? has === 0 : has >= expected(client, share);
      };
      if (clients.every(isThere)) return;
      if (performance.now() > deadline) {
        const { plan: _, ...rollout } = await this.state();
        assert.fail(`clients have ${shares.join(", ")}, not ${share}: ${JSON.stringify(rollout)}`);
      }
      await pause(LOOK_MS);
    }
  }

  /** Events of the exposed that were acknowledged, repeated until they are. */
  async fail(units: readonly string[]): Promise<void> {
    const batch = units.map((userId) => ({
      type: "track",
      messageId: `failed-${this.flagKey}-${userId}`,
      userId,
      event: "Failed",
    }));
    const deadline = performance.now() + WITHIN_MS;
    while (performance.now() < deadline) {
      const sent = await this.#world
        .call(this.node, "POST", "/v1/batch", { batch }, { key: this.#intake })
        .catch(() => null);
      if (sent?.status === 200) break;
      await pause(LOOK_MS);
    }
    for (const { messageId } of batch) this.acknowledged.add(messageId);
  }

  /**
   * Kills the whole server in a window of a transition, and starts it again. Until it is back every client
   * must keep exactly what it had.
   *
   * @param trigger  what brings the transition about, beside time
   * @param hold     was made before the transition could come; by default the next publication is held
   */
  async killDuring(
    transition: string,
    window: Window,
    trigger: () => Promise<unknown> = async () => undefined,
    hold: Promise<Hold> | null = null,
  ): Promise<void> {
    const held = await (hold ?? this.holdNext(window));
    const triggered = trigger().catch(() => undefined);
    await held.reached();
    await this.node.kill();
    const killedAt = performance.now();
    await held.release();
    await this.assertKept(() => this.node.start());
    this.killed.push({ transition, window, aloneMs: performance.now() - killedAt });
    await triggered;
  }

  /**
   * Makes the next step of a rollback in steps due, and no other: so far apart as its steps are, how fast
   * servers start again decides nothing.
   */
  async nextStepIsDue(): Promise<void> {
    // Late enough for the engine to look where its doorbell is.
    const due = new Date(Date.now() - 10_000);
    const at = due.toISOString();
    await sql`update workflow_runs set wake_at = ${due},
      timers = ${JSON.stringify([{ name: "step", at }])}::jsonb,
      state = jsonb_set(state,
        case when jsonb_array_length(state #> '{descent,ahead}') = 0 then '{descent,endsAt}'::text[]
          else '{descent,ahead,0,at}'::text[] end,
        to_jsonb(${at}::text))
      where id = ${this.rollout}`.execute(this.#world.db);
  }

  /** Holds the publication that comes after the next `later` ones. */
  async holdNext(window: Window, later = 0): Promise<Hold> {
    return this.#world.hold(window, this.flagKey, (await this.opened()).length + 1 + later);
  }

  /** What clients have does not change while something happens that leaves them alone. */
  async assertKept(
    meanwhile: () => Promise<unknown>,
    clients: readonly FlagClient[] = this.clients,
  ): Promise<void> {
    // What was told before the server died may still be on its way into a client.
    const had = await this.#settled(clients);
    const until = Date.now();
    await meanwhile();
    for (const [index, { name, got }] of clients.entries()) {
      const after = got.findLast(({ atMs }) => atMs <= until)?.share;
      assert.equal(after, had[index], `${name} lost what it had while it was alone`);
    }
  }

  /** What clients give once two looks in a row were the same. */
  async #settled(clients: readonly FlagClient[]): Promise<readonly number[]> {
    const look = (): Promise<readonly number[]> =>
      Promise.all(clients.map((client) => client.look()));
    for (let before = await look(); ;) {
      await pause(LOOK_MS);
      const now = await look();
      if (now.every((share, index) => share === before[index])) return now;
      before = now;
    }
  }

  /** As `killDuring`, for what somebody asks for: repeated with its key, it is done once. */
  async killDuringAsk(
    transition: string,
    window: Window,
    ask: () => Promise<Answer>,
  ): Promise<void> {
    await this.killDuring(transition, window, ask);
    const { status, body } = await ask();
    const isLost = String(body.type).endsWith("idempotent-answer-lost");
    const isExpected = status < 300 || (isLost && window === "committed");
    assert.ok(isExpected, `${transition}, killed ${window}: ${status} ${JSON.stringify(body)}`);
  }

  /** Everything that was ever in force, from the log of publications itself. */
  async opened(): Promise<readonly Opened[]> {
    const rows = await this.#world.db
      .selectFrom("flag_publications as p")
      .innerJoin("flags as f", "f.id", "p.flag_id")
      .innerJoin("flag_revisions as r", (join) =>
        join.onRef("r.workspace_id", "=", "p.workspace_id").onRef("r.digest", "=", "p.digest"),
      )
      .select(["p.published_at", "r.content"])
      .where("f.key", "=", this.flagKey)
      .orderBy("p.revision")
      .execute();
    return rows.map(({ published_at, content }) => {
      const { configuration } = JSON.parse(content) as {
        configuration: { enabled: boolean; rules: { exposureShare: number }[] };
      };
      const share = configuration.enabled ? (configuration.rules[0]?.exposureShare ?? 0) : 0;
      return { atMs: published_at.getTime(), share };
    });
  }

  /**
   * The publication log is exactly the wanted shares, each once and in their order, and no client ever got
   * one that was not in force yet, or went back to one that it had left.
   */
  async assertLog(wanted: readonly number[]): Promise<readonly Opened[]> {
    const log = await this.opened();
    assert.deepEqual(
      log.map(({ share }) => share),
      wanted,
      "what was published",
    );
    for (const client of this.clients) {
      const { name, got } = client;
      let at = 0;
      for (const { share, atMs } of got) {
        while (at < log.length && expected(client, log[at]?.share ?? 0) !== share) at += 1;
        const publication = log[at];
        assert.ok(
          publication !== undefined,
          `${name} got ${share}, out of the order of ${wanted.join(", ")}`,
        );
        assert.ok(
          atMs >= publication.atMs,
          `${name} got ${share} ${publication.atMs - atMs} ms before it was published`,
        );
      }
    }
    return log;
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
  }
}
