import { fields, items, own, textOr } from "../reading.ts";
import type { Fields } from "../reading.ts";
import { Conditions } from "./condition.ts";
import { runExperiment } from "./experiment.ts";
import type { ExperimentResult, ExperimentRun } from "./experiment.ts";
import { experimentOf, rulesOf, variationsOf, withBandit } from "./rule.ts";
import { filteredOut, inRollout, sessionOf } from "./session.ts";
import type { Session } from "./session.ts";
import type { StickyDocument } from "./sticky.ts";

/** The answer for one feature in GrowthBook's words. */
export interface FeatureResult {
  readonly value: unknown;
  readonly on: boolean;
  readonly off: boolean;
  readonly source: string;
  readonly ruleId: string;
  readonly experiment?: Fields;
  readonly experimentResult?: ExperimentResult;
}

export interface FeatureRun {
  readonly result: FeatureResult;
  readonly kept: readonly StickyDocument[];
}

type Outcome = FeatureResult | "next rule";

function featureResult(value: unknown, source: string, rule: Fields = {}): FeatureResult {
  return { value, on: Boolean(value), off: !value, source, ruleId: textOr(rule["id"], "") };
}

/** Follows features through their prerequisites. */
class Walk {
  readonly kept: StickyDocument[] = [];
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  feature(key: string, above: ReadonlySet<string>): FeatureResult {
    if (above.has(key)) return featureResult(null, "cyclicPrerequisite");
    const forced = this.#session.options["forcedFeatureValues"];
    if (Object.hasOwn(fields(forced), key)) return featureResult(own(forced, key), "override");
    const feature = own(this.#session.features, key);
    if (!feature) return featureResult(null, "unknownFeature");
    const path = new Set([...above, key]);
    for (const rule of rulesOf(feature)) {
      const outcome = this.#rule(key, rule, path);
      if (outcome !== "next rule") return outcome;
    }
    return featureResult(own(feature, "defaultValue") ?? null, "defaultValue");
  }

  #parents(parents: unknown, path: ReadonlySet<string>): "hold" | "cyclic" | "fail" | "gate" {
    for (const parent of items(parents)) {
      const { value, source } = this.feature(textOr(own(parent, "id"), ""), path);
      if (source === "cyclicPrerequisite") return "cyclic";
      const condition = own(parent, "condition") ?? {};
      if (!this.#session.conditions.holds({ value }, condition)) {
        return own(parent, "gate") ? "gate" : "fail";
      }
    }
    return "hold";
  }

  #rule(key: string, rule: Fields, path: ReadonlySet<string>): Outcome {
    const session = this.#session;
    const parents = this.#parents(rule["parentConditions"], path);
    if (parents === "cyclic") return featureResult(null, "cyclicPrerequisite");
    if (parents === "gate") return featureResult(null, "prerequisite");
    if (parents === "fail" || filteredOut(session, rule["filters"])) return "next rule";
    if (Object.hasOwn(rule, "force")) {
      const condition = rule["condition"];
      const applies =
        (!condition || session.conditions.holds(session.attributes, condition)) &&
        inRollout(session, rule, key);
      return applies ? featureResult(rule["force"], "force", rule) : "next rule";
    }
    const variations = variationsOf(rule);
    if (variations === null) return "next rule";
    const bandits = session.options["contextualBandits"];
    const plain = experimentOf(rule, variations, key);
    const experiment = withBandit(session, plain, rule, bandits);
    const { result } = this.run(experiment, key, path);
    if (!result.inExperiment || result.passthrough) return "next rule";
    const { contextualBandit, ...others } = experiment;
    const shown = contextualBandit && result.hashUsed ? experiment : others;
    return {
      ...featureResult(result.value, "experiment", rule),
      experiment: shown,
      experimentResult: result,
    };
  }

  run(experiment: Fields, key: string | null, path: ReadonlySet<string>): ExperimentRun {
    const run = runExperiment(this.#session, experiment, key, (parents) => {
      return this.#parents(parents, path) === "hold";
    });
    if (run.kept !== null) this.kept.push(run.kept);
    return run;
  }
}

/** What a GrowthBook client is made with; unknown parts are ignored. */
export type GrowthbookOptions = Readonly<Record<string, unknown>>;

function walk(options: GrowthbookOptions): Walk {
  const conditions = new Conditions(options["savedGroups"]);
  return new Walk(sessionOf(options["attributes"], conditions, options, options));
}

/** Evaluates a feature with everything that GrowthBook's clients tell about it. */
export function growthbookFeature(options: GrowthbookOptions, key: string): FeatureRun {
  const walking = walk(options);
  return { result: walking.feature(key, new Set()), kept: walking.kept };
}

/** Runs an experiment that is no feature's. */
export function growthbookExperiment(
  options: GrowthbookOptions,
  experiment: Fields,
): ExperimentRun {
  return walk(options).run(experiment, null, new Set());
}
