import { Notice } from "@paceline/web-kit";

import type { Configuration } from "../../domain/flag.ts";
import { rebucketedRules } from "../../domain/phases.ts";
import type { ConfigurationDraft } from "./edit.ts";

/** Rules whose units would all get new buckets; a new rule has nobody to move. */
export function rulesWithNewBuckets(
  published: Configuration | undefined,
  draft: ConfigurationDraft,
): readonly string[] {
  if (published === undefined) return [];
  const salts = new Map(published.rules.map(({ id, salt }) => [id, salt]));
  const rules = draft.rules.map((rule) => ({ salt: salts.get(rule.id) ?? "new", ...rule }));
  return rebucketedRules(published, { ...draft, rules });
}

/** What a change would do to people who see something already, said while it is written. */
export function Warnings(props: {
  published: Configuration | undefined;
  draft: ConfigurationDraft;
}) {
  const rebucketed = rulesWithNewBuckets(props.published, props.draft);
  if (rebucketed.length === 0) return null;
  return (
    <Notice tone="caution" title="New buckets.">
      {rebucketed.join(", ")}: every unit is assigned anew, in a new phase. A running experiment
      does not survive that.
    </Notice>
  );
}
