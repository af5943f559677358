import { Loaded, Page, PageHeader, SkeletonRows, usePageSearch } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { TemplateDocument } from "../../plan-api.ts";
import { newRolloutPage, rolloutsPage } from "../pages.ts";
import { templatesQuery } from "../plan-queries.ts";
import type { PlanForm } from "./form.ts";
import { PlanEditor } from "./PlanEditor.tsx";

const crumbs = [{ label: "Rollouts", to: rolloutsPage.href() }] as const;
const usual = "standard";

/** Plans a rollout: what is moved, by which template, guarded by what. */
export function NewRolloutPage() {
  const [search, update] = usePageSearch(newRolloutPage);
  const templates = useQuery(templatesQuery);
  const first = (known: readonly TemplateDocument[]): PlanForm => {
    const template = known.find(({ key }) => key === usual) ?? known[0];
    return {
      name: "",
      flagKey: search.flag ?? null,
      environment: search.environment ?? "production",
      ruleId: search.rule ?? null,
      initiativeId: null,
      template: template?.key ?? null,
      stages: template?.stages ?? [],
      guards: [],
      windows: [],
    };
  };
  return (
    <Page title="Plan a rollout" crumbs={crumbs}>
      <PageHeader title="Plan a rollout">
        Nothing is served before you arm it and start it, and it cannot start until it can be
        undone.
      </PageHeader>
      <Loaded query={templates} skeleton={<SkeletonRows rows={8} />}>
        {({ items }) => (
          <PlanEditor
            first={first(items)}
            templates={items}
            rollout={undefined}
            kind={search.form}
            onKind={(form) => update({ form })}
          />
        )}
      </Loaded>
    </Page>
  );
}
