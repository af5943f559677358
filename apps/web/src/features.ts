import { web as access } from "@paceline/access/web";
import { web as audit } from "@paceline/audit/web";
import { web as events } from "@paceline/events/web";
import { web as experiments } from "@paceline/experiments/web";
import { web as flags } from "@paceline/flags/web";
import { web as initiatives } from "@paceline/initiatives/web";
import { web as rollouts } from "@paceline/rollouts/web";
import type { FeatureWeb } from "@paceline/web-kit";

import { web as overview } from "./overview/index.ts";

/** What the app consists of. A feature with pages adds one import and one entry; see README.md. */
export const features: readonly FeatureWeb[] = [
  overview,
  initiatives,
  experiments,
  flags,
  rollouts,
  events,
  audit,
  access,
];
