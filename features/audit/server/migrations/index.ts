import type { FeatureMigrations } from "@paceline/db";

import { up } from "./202611240100_audit_log.ts";

export const migrations: FeatureMigrations = {
  feature: "audit",
  after: [],
  migrations: { "202611240100_audit_log": { up } },
};
