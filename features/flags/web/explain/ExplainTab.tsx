import {
  Button,
  Card,
  EmptyState,
  ErrorState,
  SegmentedControl,
  SkeletonRows,
  TextArea,
  TextField,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import { useState } from "react";

import type { Rule } from "../../domain/flag.ts";
import type { FlagPlace } from "../place.ts";
import { Answer } from "./Answer.tsx";
import { MomentField } from "./MomentField.tsx";
import { PastAnswer } from "./PastAnswer.tsx";
import { explainAtQuery, explainQuery, readAttributes } from "./queries.ts";
import type { Question } from "./queries.ts";

const times = [
  { value: "now", label: "Now" },
  { value: "then", label: "At a moment" },
] as const;

export type ExplainSearch = {
  /** The unit that is asked about; empty for none yet. */
  readonly unit: string;
  /** An instant of the past; undefined for now. */
  readonly moment: string | undefined;
};

/** What one unit gets or got, by which rule, and which part of each other rule failed. */
export function ExplainTab(props: {
  at: FlagPlace;
  search: ExplainSearch;
  onSearch: (search: ExplainSearch) => void;
}) {
  const { at, search, onSearch } = props;
  const [unit, setUnit] = useState(search.unit);
  const [attributes, setAttributes] = useState("{}");
  const [asked, setAsked] = useState<Record<string, unknown>>({});
  const read = readAttributes(attributes);
  const question: Question = {
    key: at.flag.key,
    environment: at.environment,
    context: search.unit === "" ? asked : { targetingKey: search.unit, ...asked },
    isAsked: search.unit !== "",
  };
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="min-w-0 lg:order-last">
        <Card title="Ask" foot="Asking exposes nobody and is not counted.">
          <form
            className="flex flex-col gap-4"
            onSubmit={(event) => {
              event.preventDefault();
              if (!("attributes" in read)) return;
              setAsked(read.attributes);
              onSearch({ ...search, unit });
            }}
          >
            <TextField
              label="Targeting key"
              mono
              required
              autoComplete="off"
              spellCheck={false}
              hint="The unit, such as a customer’s id"
              value={unit}
              onChange={setUnit}
            />
            <TextArea
              label="Other attributes"
              mono
              spellCheck={false}
              hint={'As JSON, such as {"country": "DE"}'}
              value={attributes}
              onChange={setAttributes}
              error={"fault" in read ? read.fault : undefined}
            />
            <Button type="submit" kind="primary" disabled={"fault" in read}>
              Explain
            </Button>
          </form>
        </Card>
      </div>
      <div className="flex min-w-0 flex-col gap-5">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <SegmentedControl
            label="When"
            segments={times}
            value={search.moment === undefined ? "now" : "then"}
            onChange={(when) =>
              onSearch({ ...search, moment: when === "now" ? undefined : latest(at) })
            }
          />
        </div>
        {search.moment !== undefined && (
          <MomentField
            at={at}
            moment={search.moment}
            onMoment={(moment) => onSearch({ ...search, moment })}
          />
        )}
        {search.moment === undefined ? (
          <Now
            question={question}
            environment={at.environment}
            rules={at.place?.published?.content.configuration.rules ?? []}
          />
        ) : (
          <Then question={question} moment={search.moment} />
        )}
      </div>
    </div>
  );
}

/** The newest moment that an answer exists for: right after the last publication, or this minute. */
function latest({ place }: FlagPlace): string {
  return place?.published?.publishedAt ?? new Date().toISOString();
}

function Nothing() {
  return (
    <EmptyState icon={<FlaskConical />} title="What one unit gets, and why, appears here">
      Name a unit, and every rule says whether it applied or which part of it failed.
    </EmptyState>
  );
}

function Now(props: { question: Question; environment: string; rules: readonly Rule[] }) {
  const query = useQuery(explainQuery(props.question));
  return (
    <Card title="Answer" note={`${props.environment}, now`}>
      <div aria-live="polite">
        {query.isError && <ErrorState inline error={query.error} />}
        {!props.question.isAsked ? (
          <Nothing />
        ) : query.data === undefined ? (
          !query.isError && <SkeletonRows rows={4} />
        ) : (
          <Answer
            answer={query.data}
            unit={props.question.context["targetingKey"]}
            tense="present"
            rules={props.rules}
          />
        )}
      </div>
    </Card>
  );
}

function Then(props: { question: Question; moment: string }) {
  const query = useQuery(explainAtQuery(props.question, props.moment));
  return (
    <Card title="Answer" note={`${props.question.environment}, at that moment`}>
      <div aria-live="polite">
        {query.isError && <ErrorState inline error={query.error} />}
        {!props.question.isAsked ? (
          <Nothing />
        ) : query.data === undefined ? (
          !query.isError && <SkeletonRows rows={4} />
        ) : (
          <PastAnswer answer={query.data} unit={props.question.context["targetingKey"]} />
        )}
      </div>
    </Card>
  );
}
