import type { BannerTone } from "@paceline/web-kit";

import type { ExperimentDetail } from "../../api.ts";

type Answer = { readonly tone: BannerTone; readonly title: string; readonly words: string };

/**
 * The one sentence that an experiment's page opens with.
 *
 * @param wentBack whether a rollback of this run was really made; a verdict alone undoes nothing
 */
export function answerOf(experiment: ExperimentDetail, wentBack: boolean): Answer {
  const { state, verdict, looks } = experiment;
  const last = looks.at(-1);
  const reason = experiment.reason ?? last?.analysis.reason;
  const running = state === "running";
  if (state === "stopped" && verdict === null) {
    return {
      tone: "plain",
      title: "Stopped without a verdict",
      words: reason ?? "Somebody ended the run before its criterion could be judged.",
    };
  }
  if (verdict === null) {
    return {
      tone: "accent",
      title: "Collecting data",
      words: reason ?? "No look has been taken yet. The first one comes within a day.",
    };
  }
  const words = reason ?? "";
  switch (verdict) {
    case "ship":
      return { tone: "positive", title: running ? "Ready to ship" : "It worked: ship it", words };
    case "rollback":
      return { tone: "negative", title: wentBack ? "Rolled back" : "Harmful: roll it back", words };
    case "iterate":
      return { tone: "caution", title: "Change it and try again", words };
    case "inconclusive":
      return { tone: "plain", title: "No clear change", words };
    case "invalid":
      return { tone: "negative", title: "This run proves nothing", words };
    case "continue":
      return { tone: "accent", title: "Collecting data", words };
  }
}
