import {
  Button,
  LinkButton,
  Loaded,
  Notice,
  Page,
  PageHeader,
  SkeletonRows,
  apiClient,
  asProblem,
  useCommand,
  useGoTo,
  usePageParams,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { InitiativeDetail } from "../api.ts";
import { ChangeFormView } from "./ChangeFormView.tsx";
import { DecisionPreview, usePreview } from "./DecisionPreview.tsx";
import { editOf, formOf, withChanges } from "./form.ts";
import { editProposalPage, initiativePage, initiativesPage } from "./pages.ts";
import { FormColumns } from "./ProposePage.tsx";
import { INITIATIVES_KEY, initiativeQuery } from "./queries.ts";

export function EditProposalPage() {
  const { id } = usePageParams(editProposalPage);
  const query = useQuery({ ...initiativeQuery(id), refetchOnWindowFocus: false });
  const name = query.data?.key ?? "Initiative";
  return (
    <Page
      title="Edit"
      crumbs={[
        { label: "Initiatives", to: initiativesPage.href() },
        { label: name, to: initiativePage.href({ id }) },
      ]}
    >
      <PageHeader title={`Edit ${name}`}>
        The decision follows what you type; nothing is written until you save.
      </PageHeader>
      <Loaded query={query} skeleton={<SkeletonRows rows={10} />}>
        {(initiative) => <EditForm initiative={initiative} />}
      </Loaded>
    </Page>
  );
}

function EditForm(props: { initiative: InitiativeDetail }) {
  // What is typed belongs to the version that was read; a newer one is refused by the server.
  const [initiative] = useState(props.initiative);
  const { id, version, state } = initiative;
  const [form, setForm] = useState(() => formOf(initiative));
  const goTo = useGoTo();
  const preview = usePreview(form, id);
  const save = useCommand({
    run: () =>
      apiClient.patch<InitiativeDetail>(`/initiatives/${id}`, editOf(initiative, form), {
        ifMatch: version,
      }),
    refresh: [INITIATIVES_KEY],
    done: "Saved",
    inline: true,
    onDone: () => goTo(initiativePage.href({ id })),
  });
  const voids = state === "decided" || state === "ready";
  return (
    <>
      {voids && (
        <div className="mb-5">
          <Notice tone="caution" title="A change of facts voids the decision.">
            It goes back to proposed and is decided anew. Words such as the title do not.
          </Notice>
        </div>
      )}
      <FormColumns
        form={
          <ChangeFormView
            form={form}
            onChange={setForm}
            decision={preview.data?.decision}
            problem={save.isError ? asProblem(save.error) : undefined}
            withOwner={false}
            onSubmit={() => save.mutate(undefined)}
            buttons={
              <>
                <LinkButton to={initiativePage.href({ id })}>Discard</LinkButton>
                <Button type="submit" kind="primary" busy={save.isPending}>
                  Save
                </Button>
              </>
            }
          />
        }
        decision={
          <DecisionPreview
            query={preview}
            onApply={(changes) =>
              setForm({ ...form, proposal: withChanges(form.proposal, changes) })
            }
          />
        }
      />
    </>
  );
}
