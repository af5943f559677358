import {
  Button,
  Page,
  PageHeader,
  ScrollRegion,
  apiClient,
  asProblem,
  useCommand,
  useGoTo,
  useSession,
} from "@paceline/web-kit";
import { useState } from "react";
import type { ReactNode } from "react";

import type { InitiativeDetail, ProposeInput } from "../api.ts";
import { ChangeFormView } from "./ChangeFormView.tsx";
import { DecisionPreview, usePreview } from "./DecisionPreview.tsx";
import { emptyForm, sentContents, withChanges } from "./form.ts";
import { initiativePage, initiativesPage } from "./pages.ts";
import { INITIATIVES_KEY } from "./queries.ts";

/** Form on the left, the decision on it on the right; below 1024 px one after the other. */
export function FormColumns(props: { form: ReactNode; decision: ReactNode }) {
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_24.5rem]">
      {props.form}
      <div id="decision" className="scroll-mt-16 lg:contents">
        <ScrollRegion
          label="Decision preview"
          className="min-w-0 lg:sticky lg:top-18 lg:max-h-[calc(100dvh-5.5rem)] lg:overflow-y-auto"
        >
          {props.decision}
        </ScrollRegion>
      </div>
    </div>
  );
}

export function ProposePage() {
  const { person } = useSession();
  const [form, setForm] = useState(() => emptyForm(person.id));
  const goTo = useGoTo();
  const preview = usePreview(form);
  const create = useCommand({
    run: (draft: boolean) => {
      const { title, summary, proposal, contents, ownerId } = form;
      const input: ProposeInput = {
        title,
        summary,
        proposal,
        ownerId,
        draft,
        artifacts: sentContents(contents),
      };
      return apiClient.post<InitiativeDetail>("/initiatives", input);
    },
    refresh: [INITIATIVES_KEY],
    done: ({ key, state }) => `${key} ${state === "draft" ? "saved as a draft" : "proposed"}`,
    inline: true,
    onDone: ({ id }) => goTo(initiativePage.href({ id })),
  });
  const drafting = create.variables === true;
  return (
    <Page title="Propose a change" crumbs={[{ label: "Initiatives", to: initiativesPage.href() }]}>
      <PageHeader title="Propose a change">
        The policy answers while you type: sprint, marathon or hybrid, why, and what is missing.
      </PageHeader>
      <FormColumns
        form={
          <ChangeFormView
            form={form}
            onChange={setForm}
            decision={preview.data?.decision}
            problem={create.isError ? asProblem(create.error) : undefined}
            withOwner
            onSubmit={() => create.mutate(false)}
            buttons={
              <>
                <Button
                  busy={create.isPending && drafting}
                  disabled={create.isPending}
                  onClick={() => create.mutate(true)}
                >
                  Save draft
                </Button>
                <Button type="submit" kind="primary" busy={create.isPending && !drafting}>
                  Propose
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
    </Page>
  );
}
