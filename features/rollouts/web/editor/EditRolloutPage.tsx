import {
  Loaded,
  Notice,
  Page,
  PageHeader,
  SkeletonRows,
  TextLink,
  usePageParams,
  usePageSearch,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { RolloutDocument } from "../../plan-api.ts";
import { editRolloutPage, rolloutPage, rolloutsPage } from "../pages.ts";
import { rolloutQuery, templatesQuery } from "../plan-queries.ts";
import { stateNames } from "../plan-words.ts";
import { formOf } from "./form.ts";
import { PlanEditor } from "./PlanEditor.tsx";

/** Changes a plan that has not been started; an armed one is a draft again. */
export function EditRolloutPage() {
  const { rolloutId } = usePageParams(editRolloutPage);
  const query = useQuery(rolloutQuery(rolloutId));
  return (
    <Page
      title="Edit plan"
      crumbs={[
        { label: "Rollouts", to: rolloutsPage.href() },
        { label: query.data?.name ?? "Rollout", to: rolloutPage.href({ rolloutId }) },
      ]}
    >
      <PageHeader title="Edit plan">
        An armed plan is a draft again once it is saved; arm it anew then.
      </PageHeader>
      <Loaded query={query} skeleton={<SkeletonRows rows={8} />}>
        {(rollout) => <Content rollout={rollout} />}
      </Loaded>
    </Page>
  );
}

function Content(props: { rollout: RolloutDocument }) {
  const { rollout } = props;
  const [search, update] = usePageSearch(editRolloutPage);
  const templates = useQuery(templatesQuery);
  if (rollout.state !== "draft" && rollout.state !== "armed") {
    return (
      <Notice tone="caution" title={`It is ${stateNames[rollout.state].toLowerCase()}.`}>
        A plan that was started keeps the stages it was started with.{" "}
        <TextLink to={rolloutPage.href({ rolloutId: rollout.id })}>Back to the rollout</TextLink>
      </Notice>
    );
  }
  return (
    <Loaded query={templates} skeleton={<SkeletonRows rows={8} />}>
      {({ items }) => (
        <PlanEditor
          first={formOf(rollout)}
          templates={items}
          rollout={rollout}
          kind={search.form}
          onKind={(form) => update({ form })}
        />
      )}
    </Loaded>
  );
}
