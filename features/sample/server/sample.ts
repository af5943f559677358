import { createWorkspace, findFirstWorkspace } from "@paceline/access/server";
import { appendAudit } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";

import type { Sample, SampleRemoval } from "../api.ts";
import { removeSample } from "./commands/remove-sample.ts";
import { SAMPLE_ENVIRONMENT, SAMPLE_ENVIRONMENTS } from "./dependencies.ts";
import type { SampleDependencies } from "./dependencies.ts";
import { FILL_STEPS, fillSample } from "./fill-sample.ts";
import { SampleCrowd } from "./live-crowd.ts";
import { findMarker, writeMarker } from "./repository.ts";
import type { SampleMarker } from "./repository.ts";
import { viewTruth } from "./views.ts";

/** Any number would do; this one is in the tests, where its verdicts are checked against the truth. */
export const SAMPLE_SEED = 20_261_124;

const WORKSPACE_NAME = "Northwind Retail (sample data)";

const STATEMENT =
  "Synthetic: a simulator with a fixed seed made these people, customers and events. " +
  "Decisions, looks, verdicts and audit entries were then made by the product itself.";

class Stopped extends Error {}

/** The made-up part of a workspace, while a server runs. */
export interface SampleProcess {
  /** Begins to fill, goes on after an interruption, or does nothing; resolves before the filling ends. */
  start(): Promise<void>;
  /** Resolves when nothing is being filled any more. */
  settled(): Promise<void>;
  view(workspaceId: string): Promise<Sample>;
  /** Ends a filling under way and takes everything away. */
  remove(ctx: CommandContext): Promise<SampleRemoval>;
  close(): Promise<void>;
}

async function createSampleWorkspace(deps: SampleDependencies): Promise<string> {
  const workspaceId = deps.serviceContext("").newId();
  const ctx = deps.serviceContext(workspaceId);
  await inTransaction(deps.db, async (tx) => {
    await createWorkspace({ ...ctx, db: tx }, WORKSPACE_NAME);
    const marker = { workspaceId, seed: SAMPLE_SEED, state: "filling", failure: null } as const;
    await writeMarker(tx, marker, ctx.now);
    await appendAudit(tx, ctx, {
      action: "sample.fill",
      subject: { kind: "sample", id: workspaceId },
      detail: { seed: SAMPLE_SEED, synthetic: true },
    });
  });
  return workspaceId;
}

const CHANGED_TOPICS = ["sample", "initiatives", "experiments", "flags", "audit"] as const;

/**
 * @param wanted  whether an empty installation gets a sample; an interrupted one is removed otherwise
 */
export function createSample(deps: SampleDependencies, wanted: boolean): SampleProcess {
  return new LocalSample(deps, wanted);
}

class LocalSample implements SampleProcess {
  readonly #deps: SampleDependencies;
  readonly #wanted: boolean;
  #filling: Promise<void> = Promise.resolve();
  #stopped = false;
  #crowd: SampleCrowd | null = null;
  #progress: Sample["progress"] = { done: 0, of: FILL_STEPS, doing: "" };

  constructor(deps: SampleDependencies, wanted: boolean) {
    this.#deps = deps;
    this.#wanted = wanted;
  }

  async start(): Promise<void> {
    const marker = await findMarker(this.#deps.db, null);
    const work = await this.#workAfter(marker);
    this.#filling = work?.().catch(this.#deps.onError) ?? Promise.resolve();
  }

  /** What a start has to do; null for nothing. */
  async #workAfter(marker: SampleMarker | null): Promise<(() => Promise<void>) | null> {
    switch (marker?.state) {
      case "present":
        this.#gather(marker.workspaceId).letCome(marker.seed);
        return null;
      case "removed":
        // The files may have outlived a process that ended right after the removal.
        return () => this.#forgetEvents(marker.workspaceId);
      case "filling":
      case "failed":
        return () => this.#resume(marker.workspaceId, marker.seed);
      case undefined: {
        const isEmpty = (await findFirstWorkspace(this.#deps.db)) === null;
        if (!this.#wanted || !isEmpty) return null;
        const workspaceId = await createSampleWorkspace(this.#deps);
        return () => this.#fill(workspaceId, SAMPLE_SEED);
      }
    }
  }

  async #fill(workspaceId: string, seed: number): Promise<void> {
    const deps = this.#deps;
    const mark = (state: "present" | "failed", failure: string | null): Promise<void> =>
      writeMarker(deps.db, { workspaceId, seed, state, failure }, deps.clock.now());
    const crowd = this.#gather(workspaceId);
    try {
      await fillSample(deps, workspaceId, seed, (done, doing) => {
        if (this.#stopped) throw new Stopped("stopped");
        this.#progress = { done, of: FILL_STEPS, doing };
        deps.publish(workspaceId, "sample", this.#progress);
      });
      await mark("present", null);
      if (!this.#stopped) crowd.letCome(seed);
      this.#announce(workspaceId);
    } catch (error) {
      // What is stopped keeps its marker: the next start removes what is half there and begins anew.
      if (error instanceof Stopped) return;
      deps.onError(error);
      await mark("failed", error instanceof Error ? error.message : String(error));
    }
  }

  async #resume(workspaceId: string, seed: number): Promise<void> {
    const ctx = this.#deps.serviceContext(workspaceId);
    const removed = await removeSample(ctx, this.#wanted ? "filling" : "removed");
    await this.#deps.clockMoved();
    await this.#forgetEvents(workspaceId);
    if (this.#wanted && removed.removed) await this.#fill(workspaceId, seed);
  }

  #gather(workspaceId: string): SampleCrowd {
    this.#crowd = new SampleCrowd(this.#deps, workspaceId);
    return this.#crowd;
  }

  async #disperse(): Promise<void> {
    this.#stopped = true;
    await this.#filling;
    await this.#crowd?.stop();
    this.#crowd = null;
  }

  async #forgetEvents(workspaceId: string): Promise<void> {
    for (const environment of SAMPLE_ENVIRONMENTS) {
      await this.#deps.events.forget(workspaceId, environment);
    }
  }

  #announce(workspaceId: string): void {
    for (const topic of CHANGED_TOPICS) this.#deps.publish(workspaceId, topic, {});
  }

  settled(): Promise<void> {
    return this.#filling;
  }

  async view(workspaceId: string): Promise<Sample> {
    const { db } = this.#deps;
    const marker = await findMarker(db, workspaceId);
    const state = marker?.state ?? "none";
    const present = state !== "none" && state !== "removed";
    const done = { done: FILL_STEPS, of: FILL_STEPS, doing: "Done" };
    return {
      present,
      state,
      synthetic: true,
      statement: STATEMENT,
      seed: marker?.seed ?? SAMPLE_SEED,
      environment: SAMPLE_ENVIRONMENT,
      progress: state === "present" ? done : this.#progress,
      failure: marker?.failure ?? null,
      trueEffects: present ? await viewTruth(db, workspaceId) : [],
    };
  }

  async remove(ctx: CommandContext): Promise<SampleRemoval> {
    await this.#disperse();
    const removal = await removeSample(ctx, "removed");
    if (!removal.removed) return removal;
    await this.#deps.clockMoved();
    await this.#forgetEvents(ctx.workspaceId);
    this.#announce(ctx.workspaceId);
    return removal;
  }

  close(): Promise<void> {
    return this.#disperse();
  }
}
