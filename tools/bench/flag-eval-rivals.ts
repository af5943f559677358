import { EventEmitter } from "node:events";

import { createInstance } from "@featurevisor/sdk";
import { GrowthBookClient } from "@growthbook/growthbook";
import { init, integrations } from "@launchdarkly/node-server-sdk";
import { FlagdCore } from "@openfeature/flagd-core";
import { compileFlagSet } from "@paceline/flag-eval";
import type { EvaluationContext } from "@paceline/flag-eval";
import { Unleash } from "unleash-client";

import { parsed, silent, variants } from "./flag-eval-rules.ts";
import type { Rule, User } from "./flag-eval-rules.ts";

/** Evaluates the rule for one of the users. */
export type Evaluate = (index: number) => boolean | Promise<boolean>;

/** An evaluator that is ready, and the way to let it go. */
export interface Contender {
  readonly evaluate: Evaluate;
  readonly close: () => void;
}

const nothing = (): void => {};

function own(rule: Rule, users: readonly User[]): Contender {
  const { flagd: targeting } = rule;
  const flag = { state: "ENABLED", variants, defaultVariant: "off", targeting };
  const compiled = compileFlagSet(parsed({ flags: { bench: flag } }));
  if (!compiled.ok) throw new Error(compiled.error.kind);
  const set = compiled.value;
  const contexts: EvaluationContext[] = users.map(({ id, country, plan, others }) =>
    parsed({ targetingKey: id, country, plan, ...others }),
  );
  const nowMs = Date.now();
  return {
    evaluate: (index) =>
      set.resolve("boolean", "bench", contexts[index] ?? {}, nowMs).value === true,
    close: nothing,
  };
}

function flagdCore(rule: Rule, users: readonly User[]): Contender {
  const core = new FlagdCore(undefined, silent);
  const { flagd: targeting } = rule;
  const flag = { state: "ENABLED", variants, defaultVariant: "off", targeting };
  core.setConfigurations(JSON.stringify({ flags: { bench: flag } }));
  const contexts = users.map(({ id, country, plan, others }) => ({
    ...JSON.parse(JSON.stringify({ targetingKey: id, country, plan, ...others })),
  }));
  return {
    evaluate: (index) =>
      core.resolveBooleanEvaluation("bench", false, contexts[index], silent).value,
    close: nothing,
  };
}

class OneToggle extends EventEmitter {
  readonly #toggle: Record<string, unknown>;

  constructor(toggle: Record<string, unknown>) {
    super();
    this.#toggle = toggle;
  }

  getToggle(name: string): unknown {
    return name === "bench" ? this.#toggle : undefined;
  }
  getToggles(): unknown {
    return [this.#toggle];
  }
  getTogglesWithSegmentData(): unknown {
    return [this.#toggle];
  }
  getSegment(): unknown {
    return undefined;
  }
  stop(): void {}
  async start(): Promise<void> {
    await Promise.resolve();
  }
}

function unleash(rule: Rule, users: readonly User[]): Contender {
  const toggle = parsed({
    name: "bench",
    type: "release",
    enabled: rule.unleash.length > 0,
    strategies: rule.unleash,
    variants: [],
  });
  const repository = new OneToggle(toggle);
  const client = new Unleash({
    appName: "bench",
    url: "http://127.0.0.1:1/",
    disableMetrics: true,
    disableAutoStart: true,
    repository: repository as never,
  });
  const contexts = users.map(({ id, country, plan, others }) => ({
    userId: id,
    properties: JSON.parse(JSON.stringify({ country, plan, ...others })),
  }));
  repository.emit("ready");
  return {
    evaluate: (index) => client.isEnabled("bench", contexts[index], false),
    close: () => client.destroy(),
  };
}

function growthbook(rule: Rule, users: readonly User[]): Contender {
  const client = new GrowthBookClient();
  client.initSync({
    payload: parsed({ features: { bench: { defaultValue: false, rules: rule.growthbook } } }),
  });
  const contexts = users.map(({ id, country, plan, others }) => ({
    attributes: parsed({ id, country, plan, ...others }),
  }));
  return {
    evaluate: (index) => client.isOn("bench", contexts[index] ?? { attributes: {} }),
    close: nothing,
  };
}

/** Its evaluation is a promise; no event is made and nothing is sent. */
async function launchDarkly(rule: Rule, users: readonly User[]): Promise<Contender> {
  const data = new integrations.TestData();
  await data.usePreconfiguredFlag({
    key: "bench",
    version: 1,
    on: true,
    variations: [true, false],
    offVariation: 1,
    fallthrough: { variation: 1 },
    salt: "bench",
    rules: parsed(rule.launchDarkly),
  });
  const client = init("sdk-key", {
    updateProcessor: data.getFactory(),
    sendEvents: false,
    logger: silent,
  });
  await client.waitForInitialization({ timeout: 5 });
  const contexts = users.map(({ id, country, plan, others }) => ({
    ...JSON.parse(JSON.stringify({ kind: "user", key: id, country, plan, ...others })),
  }));
  return {
    evaluate: (index) => client.variation("bench", contexts[index], false),
    close: () => client.close(),
  };
}

function featurevisor(rule: Rule, users: readonly User[]): Contender {
  const { traffic, segments } = rule.featurevisor;
  const instance = createInstance({
    datafile: JSON.stringify({
      schemaVersion: "2",
      revision: "1",
      segments,
      features: { bench: { key: "bench", bucketBy: "userId", traffic } },
    }),
    logLevel: "fatal",
  });
  const contexts = users.map(({ id, country, plan, others }) => ({
    ...JSON.parse(JSON.stringify({ userId: id, country, plan, ...others })),
  }));
  return {
    evaluate: (index) => instance.isEnabled("bench", contexts[index]),
    close: () => instance.close(),
  };
}

/** Ours first; flagd-core second, whose answers are compared with ours. */
export const CONTENDERS: readonly (readonly [
  string,
  (rule: Rule, users: readonly User[]) => Contender | Promise<Contender>,
])[] = [
  ["paceline", own],
  ["flagd-core", flagdCore],
  ["unleash", unleash],
  ["growthbook", growthbook],
  ["launchdarkly", launchDarkly],
  ["featurevisor", featurevisor],
];
