import type { FlagDetail } from "../api.ts";

/** What a tab knows: the flag, and the environment that is looked at. */
export type FlagPlace = {
  readonly flag: FlagDetail;
  readonly environment: string;
  readonly place: FlagDetail["environments"][number] | undefined;
};
