import {
  Button,
  Dialog,
  ErrorState,
  Select,
  TextArea,
  TextField,
  apiClient,
  asProblem,
  useCommand,
  useGoTo,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { PlanDetail } from "../../plan-api.ts";
import { planPage } from "../pages.ts";
import { initiativeNamesQuery } from "./queries.ts";

const types = [
  { value: "track", label: "Track: something happened" },
  { value: "page", label: "Page viewed" },
  { value: "screen", label: "Screen viewed" },
  { value: "identify", label: "Identify: traits of a person" },
  { value: "group", label: "Group: traits of an account" },
  { value: "exposure", label: "Exposure to a flag" },
] as const;
type EventType = (typeof types)[number]["value"];

const LONGEST = 100;

/** A plan's name as it appears in versions and file names. */
export function slugOf(event: string): string {
  return event
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, LONGEST);
}

export function CreatePlanDialog(props: { onClose: () => void }) {
  const { onClose } = props;
  const goTo = useGoTo();
  const [eventType, setEventType] = useState<EventType>("track");
  const [event, setEvent] = useState("");
  const [description, setDescription] = useState("");
  const [initiativeId, setInitiativeId] = useState("");
  const initiatives = useQuery(initiativeNamesQuery);
  const named = eventType !== "identify" && eventType !== "group";
  const name = slugOf(named && event !== "" ? event : eventType);
  const create = useCommand({
    run: () =>
      apiClient.post<PlanDetail>("/telemetry-plans", {
        name,
        eventType,
        event: named ? event : "",
        description,
        initiativeId: initiativeId === "" ? null : initiativeId,
      }),
    refresh: [["plans"]],
    inline: true,
    onDone: (plan) => goTo(planPage.href({ planName: plan.name }, { tab: "edit" })),
  });
  const problem = create.isError ? asProblem(create.error) : undefined;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Plan an event"
      description="Type and name never change. Events are held to the plan once you publish it."
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form="new-plan" busy={create.isPending}>
            Write its schema
          </Button>
        </>
      }
    >
      <form
        id="new-plan"
        className="flex flex-col gap-4"
        onSubmit={(submitted) => {
          submitted.preventDefault();
          create.mutate(undefined);
        }}
      >
        <Select label="Call" options={types} value={eventType} onChange={setEventType} />
        {named && (
          <TextField
            label="Event"
            hint={event === "" ? "As the client names it" : `As the client names it. Plan: ${name}`}
            value={event}
            onChange={setEvent}
            error={problem?.faultAt("/event")}
          />
        )}
        <Select
          label="Owned by"
          hint="Its telemetry artifact is present once the event arrives as planned."
          options={[
            { value: "", label: "No initiative" },
            ...(initiatives.data?.items ?? []).map(({ id, key, title }) => ({
              value: id,
              label: `${key} ${title}`,
            })),
          ]}
          value={initiativeId}
          onChange={setInitiativeId}
        />
        <TextArea label="What it tells" optional value={description} onChange={setDescription} />
        {problem !== undefined && <ErrorState inline error={problem} />}
      </form>
    </Dialog>
  );
}
