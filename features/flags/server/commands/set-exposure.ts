import type { CommandContext } from "@paceline/command";
import type { Result } from "@paceline/result";

import type { PublicationDoor, WayBack } from "../publication-door.ts";
import { publishExposure } from "./publish-exposure.ts";
import type { PublishExposureError } from "./publish-exposure.ts";

export interface SetExposure {
  readonly key: string;
  readonly environment: string;
  readonly ruleId: string;
  /** 0 to 1. */
  readonly exposureShare: number;
  readonly ignoreFailingTests?: string;
}

/** Moves one rule's exposure by hand. */
export async function setExposure(
  door: PublicationDoor,
  ctx: CommandContext,
  { key, ...place }: SetExposure,
): Promise<Result<WayBack, PublishExposureError>> {
  return publishExposure(door, ctx, { ...place, flagKey: key });
}
