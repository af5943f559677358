import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import {
  anchoredRule,
  configurationFaults,
  dependentFaults,
  holdoutGate,
  holdsOut,
  prerequisiteFaults,
  revisionContent,
} from "../domain/index.ts";
import type { Configuration, Fault, Gate, RevisionContent, Rule } from "../domain/index.ts";
import { lockOpenHoldouts } from "./holdouts/repository.ts";
import { claimLayers } from "./layers/claim.ts";
import type { ClaimError } from "./layers/claim.ts";
import { findDependents, findNeeded, lockEnvironment, readDependents } from "./needs.ts";
import type { Dependent } from "./needs.ts";
import type { AwaitsStart } from "./publication-door.ts";
import type { StoredFlag } from "./repository.ts";
import { importedFaults } from "./vendor-operators.ts";

export type UnfitForOthers =
  | { readonly kind: "invalid-configuration"; readonly faults: readonly Fault[] }
  | {
      readonly kind: "needed-by-flags";
      readonly key: string;
      /** Variants that would be gone; empty where the whole flag would. */
      readonly variants: readonly string[];
      readonly dependents: readonly Dependent[];
    };

export type ResolveError = ClaimError | UnfitForOthers;

/** What is to be put in force. */
export interface Resolvable {
  readonly flag: StoredFlag;
  readonly environment: string;
  readonly draft: Configuration;
  /** What is in force now. */
  readonly before: RevisionContent | null;
  /** Rules of experiments that wait for their start are put in force, and apply to nobody yet. */
  readonly awaitsStart: AwaitsStart;
  /** Whether the environment is held, for who publishes; a preview holds nothing. */
  readonly holds: boolean;
}

async function holdoutGates(
  tx: Db,
  ctx: CommandContext,
  flag: StoredFlag,
  environment: string,
  before: RevisionContent | null,
): Promise<readonly Gate[]> {
  const open = await lockOpenHoldouts(tx, ctx.workspaceId, environment, flag.id);
  return open
    .filter(({ holdout, isAttached }) => holdsOut(holdout, flag, { isAttached, before }))
    .map(({ holdout }) => holdoutGate(holdout));
}

/** Dependents that name a variant which is not among those that stay. */
export function missedBy(
  dependents: readonly Dependent[],
  stay: Readonly<Record<string, unknown>>,
): { readonly variants: readonly string[]; readonly dependents: readonly Dependent[] } {
  const missed = dependents.filter(({ variants }) =>
    variants.some((variant) => !Object.hasOwn(stay, variant)),
  );
  const variants = missed.flatMap((one) =>
    one.variants.filter((variant) => !Object.hasOwn(stay, variant)),
  );
  return { variants: [...new Set(variants)].toSorted(), dependents: missed };
}

/**
 * What publishing a configuration would put in force: splits anchored in what is in force, slots of
 * layers, gates of holdouts; wholly checked, also against other flags. Within a transaction it holds
 * what it relies on until that ends. A caller that publishes holds the flag's row.
 */
export async function resolveContent(
  tx: Db,
  ctx: CommandContext,
  { flag, environment, draft, before, awaitsStart, holds }: Resolvable,
): Promise<Result<RevisionContent, ResolveError>> {
  const { workspaceId } = ctx;
  if (holds) await lockEnvironment(tx, workspaceId, environment);
  const inForce = new Map((before?.configuration.rules ?? []).map((rule) => [rule.id, rule]));
  const claims = await claimLayers(tx, ctx, flag.key, environment, draft);
  if (!claims.ok) return claims;
  const held = await holdoutGates(tx, ctx, flag, environment, before);
  const rules: Rule[] = [];
  for (const { isHeld: _, ...rule } of draft.rules) {
    const { experimentId } = rule;
    const waits = experimentId !== null && (await awaitsStart(tx, workspaceId, experimentId));
    rules.push({
      ...anchoredRule(rule, inForce.get(rule.id) ?? null),
      gates: [...rule.gates, ...(claims.value.get(rule.id) ?? []), ...held],
      ...(waits ? { isHeld: true } : {}),
    });
  }
  const content = revisionContent(flag, environment, { ...draft, rules });
  const faults = [
    ...configurationFaults(flag.variants, content.configuration),
    ...importedFaults(content.configuration),
  ];
  if (faults.length > 0) return err({ kind: "invalid-configuration", faults });
  const others = await checkAgainstOthers(tx, workspaceId, content, before);
  return others.ok ? ok(content) : others;
}

/**
 * Whether a content fits to the other flags in force: to those that it asks for, and to those that
 * ask for it. The caller holds the environment if it publishes.
 */
export async function checkAgainstOthers(
  tx: Db,
  workspaceId: string,
  content: RevisionContent,
  before: RevisionContent | null,
): Promise<Result<null, UnfitForOthers>> {
  const { key, environment, variants } = content;
  const find = await findNeeded(tx, workspaceId, environment, [content]);
  const asked = prerequisiteFaults(content, find);
  if (asked.length > 0) return err({ kind: "invalid-configuration", faults: asked });
  const dependents = await readDependents(tx, workspaceId, key, environment);
  const missed = missedBy(dependents, variants);
  if (missed.dependents.length > 0) return err({ kind: "needed-by-flags", key, ...missed });
  const above = await findDependents(tx, workspaceId, environment, dependents);
  const around = await findNeeded(tx, workspaceId, environment, [content, ...above]);
  const grown = dependentFaults(content, before, above, around);
  return grown.length > 0 ? err({ kind: "invalid-configuration", faults: grown }) : ok(null);
}
