import type { Exposure } from "@paceline/events/domain";
import type { FlatEvent } from "@paceline/events/domain";
import type { Subscription } from "@paceline/flags/server";
import { listMoving } from "@paceline/rollouts/server";

import {
  contextOf,
  deedsOf,
  LISTENERS,
  listenerDelayMs,
  SAMPLE_ROLLOUTS,
} from "../domain/index.ts";
import type { Crowd } from "../domain/index.ts";
import { SAMPLE_LIVE_ENVIRONMENT } from "./dependencies.ts";
import type { SampleDependencies } from "./dependencies.ts";
import { must } from "./must.ts";
import { trackEvent } from "./track-event.ts";

const environment = SAMPLE_LIVE_ENVIRONMENT;
const BEAT_MS = 3_000;
/** Nobody comes any more after so long: a forgotten sample must not fill a disk. */
const COMES_FOR_MS = 6 * 3_600_000;

/** Who has a flag rolled out to them, and how many come. */
export interface Coming {
  readonly seed: number;
  /** Names who come together: the same seed and name make the same customers. */
  readonly together: string;
  readonly nowMs: number;
  readonly visits: number;
}

/** Serves units that come by now; what they then do lies ahead of them. */
export function comeBy(
  deps: Pick<SampleDependencies, "serveLive">,
  workspaceId: string,
  { crowd, flagKey }: { readonly crowd: Crowd; readonly flagKey: string },
  { seed, together, nowMs, visits }: Coming,
): { readonly recorded: readonly Exposure[]; readonly deeds: readonly FlatEvent[] } {
  const recorded: Exposure[] = [];
  const deeds: FlatEvent[] = [];
  for (let place = 0; place < visits; place++) {
    const unit = `${crowd.key}-${together}-${place}`;
    const context = contextOf(seed, unit);
    for (const served of deps.serveLive(workspaceId, environment, flagKey, context, nowMs)) {
      const { variant, revision, experimentId } = served;
      const about = { workspace: workspaceId, environment, flagKey, experimentId, variant, unit };
      recorded.push({ ...about, revision: String(revision), at: nowMs });
      for (const { event, afterMs, properties } of deedsOf(crowd, seed, unit, variant)) {
        const at = nowMs + afterMs;
        const deed = { environment, unit, event, at, run: flagKey, seed, properties };
        deeds.push(trackEvent(workspaceId, deed));
      }
    }
  }
  return { recorded, deeds };
}

/** Programs that listen to the live environment, take what is published, and say so a moment later. */
function listen(deps: SampleDependencies, workspaceId: string): () => void {
  const waiting = new Set<NodeJS.Timeout>();
  const joined = LISTENERS.map((listener) => ({
    listener,
    subscription: deps.listeners.join({
      workspaceId,
      environment,
      protocol: listener.protocol,
      instance: listener.instance,
      name: listener.name,
      version: listener.version,
    }),
  }));
  const take = (subscription: Subscription, revision: number, afterMs: number): void => {
    const timer = setTimeout(() => {
      waiting.delete(timer);
      subscription.delivered(revision);
      subscription.acknowledged(revision);
    }, afterMs);
    waiting.add(timer);
  };
  const unfollow = deps.listeners.onPublished(workspaceId, environment, (revision) => {
    for (const { listener, subscription } of joined) {
      take(subscription, revision, listenerDelayMs(listener, revision));
    }
  });
  const known = deps.listeners.revision(workspaceId, environment);
  if (known > 0) for (const { subscription } of joined) take(subscription, known, 0);
  return () => {
    unfollow();
    for (const timer of waiting) clearTimeout(timer);
    for (const { subscription } of joined) subscription.leave();
  };
}

/** Programs listen from now on; customers come from `letCome` on, as long as something is rolled out. */
export class SampleCrowd {
  readonly #deps: SampleDependencies;
  readonly #workspaceId: string;
  readonly #leave: () => void;
  #beat: NodeJS.Timeout | null = null;
  #working: Promise<void> = Promise.resolve();
  #waiting: readonly FlatEvent[] = [];

  constructor(deps: SampleDependencies, workspaceId: string) {
    this.#deps = deps;
    this.#workspaceId = workspaceId;
    this.#leave = listen(deps, workspaceId);
  }

  letCome(seed: number): void {
    const untilMs = this.#deps.clock.now().getTime() + COMES_FOR_MS;
    const beat = (): void => {
      this.#working = this.#come(seed).then((isMoving) => {
        if (this.#beat === null) return;
        const isOver = !isMoving || this.#deps.clock.now().getTime() > untilMs;
        this.#beat = isOver ? null : setTimeout(beat, BEAT_MS);
      });
    };
    this.#beat = setTimeout(beat, BEAT_MS);
  }

  /** @returns whether to come again; what failed is tried again at the next beat */
  async #come(seed: number): Promise<boolean> {
    try {
      return await this.#comeOnce(seed);
    } catch (error) {
      this.#deps.onError(error);
      return true;
    }
  }

  /** @returns whether something is being rolled out */
  async #comeOnce(seed: number): Promise<boolean> {
    const deps = this.#deps;
    const moving = await listMoving(deps.db, { workspaceId: this.#workspaceId, environment });
    const keys = new Set(moving.map(({ plan }) => plan.flagKey));
    const nowMs = deps.clock.now().getTime();
    const recorded: Exposure[] = [];
    const deeds = [...this.#waiting];
    for (const { crowd, flagKey } of SAMPLE_ROLLOUTS) {
      if (crowd === null || !keys.has(flagKey)) continue;
      // Others at every beat, also after another start.
      const together = nowMs.toString(36);
      const coming = { seed, together, nowMs, visits: crowd.eachBeat };
      const came = comeBy(deps, this.#workspaceId, { crowd, flagKey }, coming);
      recorded.push(...came.recorded);
      deeds.push(...came.deeds);
    }
    this.#waiting = deeds.filter(({ at }) => at > nowMs);
    if (recorded.length > 0) must("record exposures", await deps.recordExposures(recorded));
    const happened = deeds.filter(({ at }) => at <= nowMs).toSorted((a, b) => a.at - b.at);
    if (happened.length > 0) must("store events", await deps.events.append(happened));
    return moving.length > 0;
  }

  /** Resolves when nobody comes or listens any more, and nothing is being written. */
  async stop(): Promise<void> {
    if (this.#beat !== null) clearTimeout(this.#beat);
    this.#beat = null;
    await this.#working;
    this.#leave();
  }
}
