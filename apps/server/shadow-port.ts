import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { SHADOW_TAG } from "@paceline/flags/domain";
import { createFlag, editConfiguration, flagProblem, publishFlag } from "@paceline/flags/server";
import type { FlagSets, PublicationDoor } from "@paceline/flags/server";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";
import type { ShadowPort } from "@paceline/rollouts/server";

const [ON, OFF] = ["on", "off"];

async function publish(
  door: PublicationDoor,
  ctx: CommandContext,
  place: { readonly key: string; readonly environment: string },
  defaultVariant: string,
): Promise<Result<number, string>> {
  const configuration = { enabled: true, offVariant: OFF, defaultVariant, rules: [] };
  const edited = await editConfiguration(ctx, { ...place, configuration, version: null });
  if (!edited.ok) return err(flagProblem(edited.error).message);
  const published = await publishFlag(door, ctx, {
    ...place,
    digest: null,
    acceptRebucketing: false,
  });
  return published.ok ? ok(published.value.revision) : err(flagProblem(published.error).message);
}

/** The flags on which ways back are rehearsed: one for each rehearsed flag, off between rehearsals. */
export function shadowPort(door: PublicationDoor, flagSets: FlagSets): ShadowPort {
  return {
    prepare: (ctx, { shadowKey: key, environment, towards }) =>
      inTransaction(ctx.db, async (tx) => {
        const inner = { ...ctx, db: tx };
        const made = await createFlag(inner, {
          key,
          type: "boolean",
          variants: { [ON]: true, [OFF]: false },
          description: "Ways back are rehearsed on it. No code reads it.",
          owner: null,
          kind: "configuration",
          initiativeId: null,
          expiresAt: null,
          tags: [SHADOW_TAG],
        });
        if (!made.ok && made.error.kind !== "key-taken")
          return err(flagProblem(made.error).message);
        const place = { key, environment };
        const before = await publish(door, inner, place, OFF);
        if (!before.ok) return before;
        const after = await publish(door, inner, place, ON);
        if (!after.ok) return after;
        const target =
          towards === "off"
            ? ({ kind: "off" } as const)
            : ({ kind: "revision", revision: before.value } as const);
        return ok({ revision: after.value, target, restored: OFF });
      }),
    serves(workspaceId, environment, shadowKey, units) {
      const { compiled } = flagSets.get(workspaceId, environment);
      return units.map(
        (targetingKey) => compiled.evaluate(shadowKey, { targetingKey }, 0).variant ?? null,
      );
    },
  };
}
