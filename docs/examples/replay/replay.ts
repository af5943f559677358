import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { parse } from "yaml";

import { inParallel } from "./client.ts";
import type { Client, Credential } from "./client.ts";
import type { Progress } from "./progress.ts";
import type { RecordedUnit, Study } from "./study.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const EVALUATE_AT_HOUR = 10;
const EVENTS_AT_HOUR = 11;
const SEND_AT_HOUR = 12;
const EVALUATIONS_AT_ONCE = 32;
const BATCHES_AT_ONCE = 4;
const BATCH_EVENTS = 500;

/** Whom the replay acts as. */
export interface Access {
  readonly client: Client;
  readonly admin: Credential;
  /** The member who owns the initiative and the rollback. */
  readonly ownerId: string;
}

/** What the replay made, to look it up afterwards. */
export interface Replayed {
  readonly environment: string;
  readonly initiative: { readonly id: string; readonly key: string };
  readonly decision: { readonly outcome: string; readonly headline: string };
  readonly experimentId: string;
  readonly criterionSha256: string;
  readonly units: number;
  readonly events: number;
}

interface Documents {
  readonly initiative: object;
  readonly metrics: readonly (Readonly<Record<string, unknown>> & { readonly key: string })[];
  readonly criterion: object;
  readonly flag: {
    readonly definition: { readonly key: string };
    readonly configuration: { readonly rules: readonly object[] };
  };
  readonly rollback: object;
}

async function readDocuments(folder: string): Promise<Documents> {
  const names = ["initiative", "metrics", "criterion", "flag", "rollback"] as const;
  const entries = await Promise.all(
    names.map(async (name) => [name, parse(await readFile(join(folder, `${name}.yaml`), "utf8"))]),
  );
  return Object.fromEntries(entries);
}

function field(body: unknown, name: string): unknown {
  if (typeof body !== "object" || body === null) return undefined;
  return Object.entries(body).find(([key]) => key === name)?.[1];
}

function text(body: unknown, ...path: readonly string[]): string {
  const found = path.reduce(field, body);
  if (typeof found !== "string")
    throw new Error(`the answer has no text at ${path.join(".")}: ${JSON.stringify(body)}`);
  return found;
}

class Replay {
  readonly #study: Study;
  readonly #access: Access;
  readonly #environment: string;
  readonly #documents: Documents;
  readonly #flagKey: string;

  constructor(
    study: Study,
    access: Access,
    documents: Documents,
    environment: string,
    flagKey: string,
  ) {
    this.#study = study;
    this.#access = access;
    this.#documents = documents;
    this.#environment = environment;
    this.#flagKey = flagKey;
  }

  async #admin(method: string, path: string, body?: unknown): Promise<unknown> {
    const { client, admin } = this.#access;
    return (await client.call(method, path, admin, body)).body;
  }

  #clock(at: Date): Promise<unknown> {
    return this.#admin("POST", `/api/v1/environments/${this.#environment}/clock`, {
      to: at.toISOString(),
    });
  }

  async createEnvironment(): Promise<{ readonly intake: string; readonly evaluate: string }> {
    const startsAt = new Date(this.#study.startsAt.getTime() - DAY_MS).toISOString();
    await this.#admin("POST", "/api/v1/environments", {
      key: this.#environment,
      name: `Replay of ${this.#study.name}`,
      kind: "replay",
      startsAt,
    });
    const key = async (scope: string): Promise<string> =>
      text(
        await this.#admin("POST", "/api/v1/keys", {
          name: `${this.#environment} ${scope}`,
          scopes: [scope],
          environment: this.#environment,
        }),
        "secret",
      );
    return { intake: await key("intake"), evaluate: await key("evaluate") };
  }

  /** Metrics, initiative, experiment draft, flag and way back: everything that a start needs. */
  async propose(): Promise<{ readonly initiative: unknown; readonly experimentId: string }> {
    const { metrics, initiative, criterion, flag, rollback } = this.#documents;
    for (const { key, ...definition } of metrics)
      await this.#admin("PUT", `/api/v1/metrics/${key}`, definition);
    const proposed = await this.#admin("POST", "/api/v1/initiatives", {
      ...initiative,
      ownerId: this.#access.ownerId,
      artifacts: {
        ...Object(field(initiative, "artifacts")),
        featureFlag: { flagKey: this.#flagKey },
      },
    });
    const initiativeId = text(proposed, "id");
    const draft = await this.#admin("POST", "/api/v1/experiments", {
      name: this.#study.name,
      initiativeId,
      flagKey: this.#flagKey,
      environment: this.#environment,
      criterion,
    });
    const experimentId = text(draft, "id");
    await this.#admin("POST", "/api/v1/flags", {
      ...flag.definition,
      key: this.#flagKey,
      owner: this.#access.ownerId,
      initiativeId,
    });
    const place = `/api/v1/flags/${this.#flagKey}/environments/${this.#environment}`;
    const rules = flag.configuration.rules.map((rule) => ({ ...rule, experimentId }));
    await this.#admin("PUT", place, { ...flag.configuration, rules });
    await this.#admin("POST", `${place}/publish`, {});
    await this.#admin(
      "PUT",
      `/api/v1/environments/${this.#environment}/flags/${this.#flagKey}/rollback`,
      {
        ...rollback,
        initiativeId,
        experimentId,
        ownerId: this.#access.ownerId,
      },
    );
    return { initiative: proposed, experimentId };
  }

  /** The telemetry plan is present only when its events have arrived: one probe of each, by no customer. */
  async probeTelemetry(writeKey: string): Promise<void> {
    const planned = field(
      field(field(this.#documents.initiative, "artifacts"), "telemetryPlan"),
      "events",
    );
    const at = new Date(this.#study.startsAt.getTime() - DAY_MS).toISOString();
    const names = Array.isArray(planned) ? planned.filter((name) => typeof name === "string") : [];
    const batch = names.map((event, index) => ({
      type: "track",
      messageId: `${this.#environment}-probe-${index}`,
      userId: "telemetry-probe",
      event,
      timestamp: at,
    }));
    await this.#access.client.call("POST", "/v1/batch", { writeKey }, { batch }, false);
  }

  /** Asks for the decision; a change that may start is marked ready, which checks its artifacts once more. */
  async decide(initiativeId: string): Promise<unknown> {
    const decided = await this.#admin("POST", `/api/v1/initiatives/${initiativeId}/decision`, {});
    await this.#admin("POST", `/api/v1/initiatives/${initiativeId}/ready`, {});
    return decided;
  }

  async lockAndStart(experimentId: string): Promise<string> {
    await this.#clock(this.#study.startsAt);
    const locked = await this.#admin("POST", `/api/v1/experiments/${experimentId}/lock`, {});
    await this.#admin("POST", `/api/v1/experiments/${experimentId}/start`, {});
    return text(locked, "criterionDigest");
  }

  async #evaluate(unit: RecordedUnit, evaluateKey: string): Promise<void> {
    const { body } = await this.#access.client.call(
      "POST",
      `/ofrep/v1/evaluate/flags/${this.#flagKey}`,
      { bearer: evaluateKey },
      { context: { targetingKey: unit.id, recorded_segment: unit.segment } },
      false,
    );
    const variant = text(body, "variant");
    if (variant !== unit.variant) {
      throw new Error(
        `unit ${unit.id} was recorded in ${unit.variant} and evaluated to ${variant}`,
      );
    }
  }

  /** Replays one day: exposures at ten, what the units did an hour later, the look at midnight. */
  async day(
    day: number,
    units: readonly RecordedUnit[],
    keys: { readonly intake: string; readonly evaluate: string },
  ): Promise<number> {
    const dawn = this.#study.startsAt.getTime() + day * DAY_MS;
    await this.#clock(new Date(dawn + EVALUATE_AT_HOUR * HOUR_MS));
    await inParallel(units, EVALUATIONS_AT_ONCE, (unit) => this.#evaluate(unit, keys.evaluate));
    await this.#clock(new Date(dawn + SEND_AT_HOUR * HOUR_MS));
    const timestamp = new Date(dawn + EVENTS_AT_HOUR * HOUR_MS).toISOString();
    const events = units.flatMap((unit) =>
      unit.events.map(({ event, properties }, index) => ({
        type: "track",
        messageId: `${this.#environment}-${unit.id}-${index}`,
        userId: unit.id,
        event,
        properties,
        timestamp,
      })),
    );
    const batches = Array.from({ length: Math.ceil(events.length / BATCH_EVENTS) }, (_, index) =>
      events.slice(index * BATCH_EVENTS, (index + 1) * BATCH_EVENTS),
    );
    await inParallel(batches, BATCHES_AT_ONCE, async (batch) => {
      await this.#access.client.call(
        "POST",
        "/v1/batch",
        { writeKey: keys.intake },
        { batch },
        false,
      );
    });
    await this.#clock(new Date(dawn + DAY_MS));
    return events.length;
  }
}

/**
 * Walks a recorded experiment through the public interfaces of a server: proposal, decision, locked
 * criterion, flag evaluations, events, a look at the end of each simulated day.
 */
export async function replay(
  study: Study,
  access: Access,
  runId: string,
  progress: Progress,
): Promise<Replayed> {
  const documents = await readDocuments(study.folder);
  const environment = `replay-${runId}`;
  const flagKey = `${documents.flag.definition.key}-${runId}`;
  const run = new Replay(study, access, documents, environment, flagKey);
  const keys = await run.createEnvironment();
  const { initiative, experimentId } = await run.propose();
  await run.probeTelemetry(keys.intake);
  const initiativeId = text(initiative, "id");
  const decided = await run.decide(initiativeId);
  const criterionSha256 = await run.lockAndStart(experimentId);
  let events = 0;
  for (let day = 0; day < study.days; day++) {
    const from = Math.floor((day * study.units.length) / study.days);
    const to = Math.floor(((day + 1) * study.units.length) / study.days);
    progress.to(from, `day ${day + 1} of ${study.days}`);
    events += await run.day(day, study.units.slice(from, to), keys);
  }
  progress.to(study.units.length, "done");
  return {
    environment,
    initiative: { id: initiativeId, key: text(initiative, "key") },
    decision: {
      outcome: text(decided, "decision", "decision", "outcome"),
      headline: text(decided, "decision", "decision", "headline"),
    },
    experimentId,
    criterionSha256,
    units: study.units.length,
    events,
  };
}
