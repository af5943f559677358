/** Sets up experiments whose guardrail the bench breaks. */
export type Call = (
  method: string,
  path: string,
  body?: object,
) => Promise<Record<string, unknown>>;

const METRIC = { statistic: "proportion", denominator: null, format: "percent", description: "" };

function criterion(): object {
  return {
    version: 1,
    hypothesis: "One page checkout raises paid orders because nobody is lost between pages.",
    unit: "customer",
    primary: {
      metric: "paid",
      statistic: "proportion",
      direction: "increase",
      scale: "relative",
      successAtLeast: 0.02,
      confidence: 0.95,
      mde: 0.1,
      power: 0.8,
    },
    guardrails: [
      {
        metric: "refund",
        statistic: "proportion",
        direction: "decrease",
        scale: "absolute",
        margin: 0.02,
        confidence: 0.95,
        onBreach: "rollback",
      },
    ],
    design: {
      allocation: { control: 0.5, one_page: 0.5 },
      plannedUnits: 2_000,
      looks: "daily",
      spending: "power:3",
      minDays: 1,
      maxDays: 14,
      minUnitsPerArm: 50,
      minConversionsPerArm: 5,
      conversionWindowHours: 24,
    },
    validity: { srmAlpha: 0.001, maxCrossExposure: 0.01 },
    iteration: 1,
    maxIterations: 2,
  };
}

/** Defines the metrics once. */
export async function defineMetrics(call: Call): Promise<void> {
  const counted = (event: string): object => ({ event, aggregation: "any", property: null });
  await call("PUT", "/api/v1/metrics/paid", {
    ...METRIC,
    name: "Paid orders",
    numerator: counted("Paid"),
  });
  await call("PUT", "/api/v1/metrics/refund", {
    ...METRIC,
    name: "Refunds",
    numerator: counted("Refunded"),
  });
}

async function propose(call: Call, ownerId: string, flagKey: string): Promise<string> {
  const proposed = await call("POST", "/api/v1/initiatives", {
    title: `One page checkout ${flagKey}`,
    ownerId,
    proposal: {
      purpose: "experiment",
      riskDomains: [],
      touchesCoreSystems: false,
      durationWeeks: 2,
      expectedIterations: 1,
      plannedSprints: 1,
      eachSprintLeavesModule: false,
    },
    artifacts: {
      hypothesis: {
        statement: "One page checkout raises paid orders because nobody is lost between pages.",
        metric: "paid",
        direction: "increase",
        minimumEffect: 0.1,
      },
      telemetryPlan: { events: ["Paid", "Refunded"] },
      featureFlag: { flagKey },
      dependencyMap: {
        dependencies: [{ system: "Shop", relation: "reads", contact: "Shop team" }],
      },
    },
  });
  return String(proposed["id"]);
}

async function publishSplit(call: Call, flagKey: string, experimentId: string): Promise<void> {
  const at = `/api/v1/flags/${flagKey}/environments/production`;
  await call("PUT", at, {
    enabled: true,
    offVariant: "control",
    defaultVariant: "control",
    rules: [
      {
        id: "split",
        serve: {
          split: [
            { variant: "control", share: 0.5 },
            { variant: "one_page", share: 0.5 },
          ],
        },
        exposureShare: 1,
        salt: flagKey,
        recordExposure: true,
        experimentId,
      },
    ],
  });
  await call("POST", `${at}/publish`, {});
}

/** Starts an experiment on a flag of its own, with a way back that acts by itself. */
export async function startExperiment(call: Call, ownerId: string, flagKey: string): Promise<void> {
  const initiativeId = await propose(call, ownerId, flagKey);
  const draft = await call("POST", "/api/v1/experiments", {
    name: flagKey,
    initiativeId,
    flagKey,
    environment: "production",
    criterion: criterion(),
  });
  const experimentId = String(draft["id"]);
  await call("POST", "/api/v1/flags", {
    key: flagKey,
    type: "boolean",
    variants: { control: false, one_page: true },
    owner: ownerId,
    initiativeId,
  });
  await publishSplit(call, flagKey, experimentId);
  await call("POST", `/api/v1/experiments/${experimentId}/lock`, {});
  await call("PUT", `/api/v1/environments/production/flags/${flagKey}/rollback`, {
    initiativeId,
    experimentId,
    target: { kind: "off" },
    triggers: ["guardrail-breach", "primary-harm", "sample-ratio-mismatch", "cross-exposure"],
    mode: "automatic",
    ownerId,
    verification: "Everybody sees the old checkout.",
  });
  await call("POST", `/api/v1/initiatives/${initiativeId}/decision`, {});
  await call("POST", `/api/v1/initiatives/${initiativeId}/ready`, {});
  await call("POST", `/api/v1/experiments/${experimentId}/start`, {});
}
