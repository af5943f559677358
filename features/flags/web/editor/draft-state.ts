import { useState } from "react";

import { configurationFaults } from "../../domain/check-flag.ts";
import type { Fault } from "../../domain/condition.ts";
import type { Configuration, FlagDefinition } from "../../domain/flag.ts";
import type { ConfigurationDraft, RuleDraft } from "./edit.ts";
import { moved, replaced } from "./edit.ts";

/** What a flag starts from where nothing was ever written for the environment. */
export function firstConfiguration(variants: FlagDefinition["variants"]): Configuration {
  const names = Object.keys(variants);
  // The order of the names says nothing: what is off is off until somebody says otherwise.
  const first = names.find((name) => variants[name] === false) ?? names[0] ?? null;
  return { enabled: true, offVariant: first, defaultVariant: first, rules: [] };
}

/** Faults that can be seen without asking the server; a missing salt is the server's to fill in. */
export function faultsOf(
  variants: FlagDefinition["variants"],
  draft: ConfigurationDraft,
): readonly Fault[] {
  const rules = draft.rules.map((rule) => ({ salt: "not given yet", ...rule }));
  return configurationFaults(variants, { ...draft, rules });
}

/** The draft while it is written, and which rule is open. */
export function useDraft(start: ConfigurationDraft) {
  const [draft, setDraft] = useState(start);
  const [saved, setSaved] = useState(start);
  const [openId, setOpenId] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  const setRules = (rules: readonly RuleDraft[]) => setDraft({ ...draft, rules });
  return {
    draft,
    openId,
    /** What has just happened, for those who do not see it. */
    said,
    isChanged: JSON.stringify(draft) !== JSON.stringify(saved),
    set: (change: Partial<ConfigurationDraft>) => setDraft({ ...draft, ...change }),
    open: setOpenId,
    /** Takes over what the server made of it. */
    take(stored: ConfigurationDraft) {
      setDraft(stored);
      setSaved(stored);
    },
    undo: () => setDraft(saved),
    add(rule: RuleDraft, place = draft.rules.length) {
      setRules(draft.rules.toSpliced(place, 0, rule));
      setOpenId(rule.id);
      setSaid(`Rule ${place + 1} added.`);
    },
    change: (place: number, rule: RuleDraft) => setRules(replaced(draft.rules, place, rule)),
    remove(place: number) {
      setRules(replaced(draft.rules, place, undefined));
      setSaid(`Rule ${place + 1} taken out.`);
    },
    move(from: number, to: number) {
      const rules = moved(draft.rules, from, to);
      if (rules === draft.rules) return;
      setRules(rules);
      setSaid(`Rule ${from + 1} is now ${to + 1} of ${rules.length}.`);
    },
  };
}

export type DraftState = ReturnType<typeof useDraft>;
