import type { FlagDetail } from "@paceline/flags/api";
import { Combobox, Notice, Select, TextLink } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import { flagHref } from "../pages.ts";
import { environmentsQuery, flagKeysQuery, flagQuery } from "../plan-queries.ts";
import type { FormProps } from "./fields.ts";
import { ruleWords } from "./rule-words.ts";
import type { RuleInForce } from "./rule-words.ts";

function rulesOf(flag: FlagDetail | undefined, environment: string): readonly RuleInForce[] {
  const place = flag?.environments.find((one) => one.environment === environment);
  return place?.published?.content.configuration.rules ?? [];
}

/** The rules of the chosen flag that are in force where it is to be rolled out. */
export function useRulesInForce({ form }: Pick<FormProps, "form">): {
  readonly rules: readonly RuleInForce[];
  readonly known: boolean;
} {
  const flag = useQuery({ ...flagQuery(form.flagKey ?? ""), enabled: form.flagKey !== null });
  return { rules: rulesOf(flag.data, form.environment), known: flag.data !== undefined };
}

/** Which rule of which flag is moved, and where. */
export function TargetFields(props: FormProps) {
  const { form, onChange, problem } = props;
  const { flagKey, environment, ruleId } = form;
  const flags = useQuery(flagKeysQuery);
  const environments = useQuery(environmentsQuery);
  const { rules, known } = useRulesInForce(props);
  const keys = (flags.data?.items ?? []).map(({ key, description }) => ({
    value: key,
    label: key,
    hint: description,
  }));
  const hasKey = flagKey === null || keys.some(({ value }) => value === flagKey);
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Combobox
          label="Flag"
          options={hasKey ? keys : [...keys, { value: flagKey, label: flagKey, hint: "" }]}
          value={flagKey}
          onChange={(key) => onChange({ ...form, flagKey: key, ruleId: null })}
          error={problem?.faultAt("/flagKey")}
        />
        <Select
          label="Environment"
          options={(environments.data?.items ?? [])
            .filter(({ kind }) => kind === "live")
            .map(({ key, name }) => ({ value: key, label: name }))}
          value={environment}
          onChange={(next) => onChange({ ...form, environment: next, ruleId: null })}
          error={problem?.faultAt("/environment")}
        />
      </div>
      {flagKey !== null && known && rules.length === 0 ? (
        <Notice tone="caution" title={`No rule of ${flagKey} is in force in ${environment}.`}>
          Publish the rule with exposure 0 first.{" "}
          <TextLink to={flagHref(flagKey, environment, "rules")}>Open its rules</TextLink>
        </Notice>
      ) : (
        <Select
          label="Rule"
          hint="Its condition stays; the rollout moves how many of its units are taken in."
          options={rules.map((rule) => ({
            value: rule.id,
            label: ruleWords(rule),
          }))}
          value={rules.some(({ id }) => id === ruleId) ? ruleId : null}
          disabled={flagKey === null}
          onChange={(next) => onChange({ ...form, ruleId: next })}
          error={problem?.faultAt("/ruleId")}
        />
      )}
    </>
  );
}
