import { migrations as access } from "@paceline/access/migrations";
import { migrations as audit } from "@paceline/audit/migrations";
import { nodeMigrations } from "@paceline/db";
import type { FeatureMigrations } from "@paceline/db";
import { migrations as events } from "@paceline/events/migrations";
import { migrations as experiments } from "@paceline/experiments/migrations";
import { migrations as flags } from "@paceline/flags/migrations";
import { migrations as http } from "@paceline/http";
import { migrations as initiatives } from "@paceline/initiatives/migrations";
import { migrations as rollouts } from "@paceline/rollouts/migrations";
import { migrations as sample } from "@paceline/sample/migrations";
import { migrations as workflow } from "@paceline/workflow";

/** Every schema change of the product; `mergeMigrations` puts them in order. */
export const allMigrations: readonly FeatureMigrations[] = [
  nodeMigrations,
  http,
  workflow,
  audit,
  access,
  flags,
  initiatives,
  events,
  experiments,
  rollouts,
  sample,
];
