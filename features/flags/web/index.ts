import { defineFeature } from "@paceline/web-kit";
import type { FeatureWeb } from "@paceline/web-kit";

export const web: FeatureWeb = defineFeature({ name: "flags", routes: [] });
