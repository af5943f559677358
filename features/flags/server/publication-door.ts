import { appendAudit } from "@paceline/audit/server";
import type { JsonObject } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { RevisionContent } from "../domain/index.ts";
import { trackHoldouts } from "./holdouts/track.ts";
import { settleLayers, writeSettled } from "./layers/settle.ts";
import type { Settled } from "./layers/settle.ts";
import { writeNeeds } from "./needs.ts";
import { insertPublication, setLifecycle } from "./repository.ts";
import type { Fixed, Publication, PublicationAction, StoredFlag } from "./repository.ts";
import { failingTests } from "./tests/try-tests.ts";

/** Keeps a flag's place in an environment for one holder, a running rollout for example. */
export interface FlagLock {
  /** What holds it; who names the same holder may change the flag. */
  readonly holder: string;
  /** In words, for the person who is refused: what runs and how it is paused or aborted. */
  readonly reason: string;
}

/** Finds the lock of a flag whose row the transaction holds. */
export type FindFlagLock = (
  tx: Db,
  place: { readonly workspaceId: string; readonly flagId: string; readonly environment: string },
) => Promise<FlagLock | null>;

/** A change of what is in force, before it is made. */
export interface ExposureChange {
  readonly flag: StoredFlag;
  readonly environment: string;
  /** What is in force now; null before the first publication and where the flag was taken out. */
  readonly before: RevisionContent | null;
  /** What would be in force; null takes the flag out. */
  readonly after: RevisionContent | null;
}

/** A rule of the readiness gate that holds a change back. */
export interface ExposureRefusal {
  readonly rule: string;
  readonly detail: string;
  readonly wayOut: string;
}

/** Asked before anything new is exposed; null lets the change through. */
export type ExposureGate = (
  tx: Db,
  ctx: CommandContext,
  change: ExposureChange,
) => Promise<ExposureRefusal | null>;

/** Whether an experiment is still to be started: until then its rules are published, and held. */
export type AwaitsStart = (tx: Db, workspaceId: string, experimentId: string) => Promise<boolean>;

/** What stands at the door besides the flag's own rules; wired once, in apps/server. */
export interface PublicationDoor {
  readonly findLock: FindFlagLock;
  readonly exposureGate: ExposureGate;
  readonly awaitsStart: AwaitsStart;
}

/** A door at which nobody stands: nothing is locked, nothing is held back. */
export const OPEN_DOOR: PublicationDoor = {
  findLock: async () => null,
  exposureGate: async () => null,
  awaitsStart: async () => false,
};

/**
 * Why the door stays shut: another holds the flag, or what is ready is not enough to expose more. Ways
 * back are never refused.
 */
export type DoorRefusal =
  | {
      readonly kind: "flag-locked";
      readonly key: string;
      readonly environment: string;
      readonly lock: FlagLock;
    }
  | {
      readonly kind: "exposure-held-back";
      readonly key: string;
      readonly refusal: ExposureRefusal;
    };

/** A publication that is asked for. The caller holds the flag's row (`lockFlag`). */
export interface ContentChange extends ExposureChange {
  readonly action: PublicationAction;
  /** The digest under which `after` is stored already; it is kept. */
  readonly storedDigest?: string;
  /** Who holds the flag's lock, if it is the one who publishes. */
  readonly lockHolder?: string;
  readonly audit: { readonly action: string; readonly detail: JsonObject };
}

function fixedOf({ storedDigest }: ContentChange, { content, isTrimmed }: Settled): Fixed {
  const isStored = content !== null && !isTrimmed && storedDigest !== undefined;
  return isStored ? { digest: storedDigest } : content;
}

/** What a publication did to the slots of layers, for its audit entry. */
function slotDetail({ changes, isTrimmed }: Settled): JsonObject {
  const slots = changes.flatMap(({ layer, entries }) =>
    entries.map(({ action, range: [from, to], holder: { ruleId } }) => ({
      layer: layer.key,
      ruleId,
      action,
      from,
      to,
    })),
  );
  return slots.length === 0 && !isTrimmed ? {} : { slots, slotsLost: isTrimmed };
}

async function put(
  tx: Db,
  ctx: CommandContext,
  change: ContentChange,
  isWayBack: boolean,
): Promise<Publication> {
  const { flag, environment, before, action, audit } = change;
  const settled = await settleLayers(tx, ctx, { ...change, flagKey: flag.key, isWayBack });
  const fixed = fixedOf(change, settled);
  const publication = await insertPublication(tx, ctx, flag.id, environment, fixed, action);
  const { revision, digest } = publication;
  const after = settled.content;
  await writeSettled(tx, ctx, { environment, revision }, settled);
  await writeNeeds(tx, ctx.workspaceId, flag.id, environment, after);
  const place = { flagId: flag.id, environment, revision };
  await trackHoldouts(tx, ctx, place, { before, after });
  const isBack = after !== null && (flag.lifecycle === "draft" || flag.lifecycle === "archived");
  if (isBack) await setLifecycle(tx, flag.id, "live", ctx.now);
  await appendAudit(tx, ctx, {
    action: audit.action,
    subject: { kind: "flag", id: flag.id },
    detail: {
      key: flag.key,
      environment,
      revision,
      digest,
      ...audit.detail,
      ...slotDetail(settled),
    },
  });
  return publication;
}

/**
 * The one door through which everything goes that changes what is in force: it asks the flag's lock
 * and the exposure gate, then writes the publication, the ledgers of layers, what is under holdouts
 * and the audit entry, and tells every process.
 */
export async function publishContent(
  door: PublicationDoor,
  tx: Db,
  ctx: CommandContext,
  change: ContentChange,
): Promise<Result<Publication, DoorRefusal>> {
  const { flag, environment, lockHolder } = change;
  const { key } = flag;
  const place = { workspaceId: ctx.workspaceId, flagId: flag.id, environment };
  const lock = await door.findLock(tx, place);
  if (lock !== null && lock.holder !== lockHolder) {
    return err({ kind: "flag-locked", key, environment, lock });
  }
  const refusal = await door.exposureGate(tx, ctx, change);
  if (refusal !== null) return err({ kind: "exposure-held-back", key, refusal });
  return ok(await put(tx, ctx, change, false));
}

/** What a way back put in force, with the names of the expectations that it does not meet. */
export type WayBack = Publication & { readonly failingTests: readonly string[] };

/**
 * The same door for ways back: no lock and no gate stands there, nothing refuses. Slots of a layer
 * that somebody else holds meanwhile stay with them: the rule then applies to fewer units. The flag's
 * tests are tried, and those that fail are named in the answer and in the audit entry.
 */
export async function publishWayBack(
  tx: Db,
  ctx: CommandContext,
  change: ContentChange,
): Promise<WayBack> {
  const { flag, after, audit } = change;
  const failing = after === null ? [] : await failingTests(tx, ctx, flag.id, after);
  const names = failing.map(({ name }) => name);
  const detail = names.length === 0 ? audit.detail : { ...audit.detail, failingTests: names };
  const publication = await put(tx, ctx, { ...change, audit: { ...audit, detail } }, true);
  return { ...publication, failingTests: names };
}
