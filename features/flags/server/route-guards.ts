import type { CommandContext } from "@paceline/command";
import { notFound } from "@paceline/http";

import type { PublicationView } from "../api.ts";
import type { FlagRouteDependencies } from "./dependencies.ts";
import { readFlag } from "./repository.ts";
import type { Publication, StoredFlag } from "./repository.ts";
import { publicationView } from "./views.ts";

/** @throws Problem 404 */
export async function mustHaveEnvironment(
  deps: FlagRouteDependencies,
  workspaceId: string,
  environment: string,
): Promise<void> {
  if (!(await deps.environmentExists(workspaceId, environment))) throw notFound("environment");
}

/** @throws Problem 404 */
export async function mustRead(
  deps: FlagRouteDependencies,
  ctx: CommandContext,
  key: string,
): Promise<StoredFlag> {
  const flag = await readFlag(deps.db, ctx.workspaceId, key);
  if (flag === null) throw notFound("flag");
  return flag;
}

/**
 * Brings this process up to date before it answers: who published sees what was published. Should
 * that fail, the change is made all the same, and the poll finds it.
 */
export async function inForce(
  deps: FlagRouteDependencies,
  ctx: CommandContext,
  publication: Publication,
): Promise<PublicationView> {
  await deps.flagSets.refresh(ctx.workspaceId, publication.environment).catch(deps.onError);
  return publicationView(publication);
}
