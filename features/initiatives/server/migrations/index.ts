import type { FeatureMigrations } from "@paceline/db";

import { up } from "./202611240200_initiatives_first.ts";

export const migrations: FeatureMigrations = {
  feature: "initiatives",
  after: [],
  migrations: { "202611240200_initiatives_first": { up } },
};
