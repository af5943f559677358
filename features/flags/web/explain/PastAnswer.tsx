import { Notice, TextLink, formatUtc } from "@paceline/web-kit";

import type { ExplainedAt } from "../../time-travel-api.ts";
import { flagPage } from "../pages.ts";
import { Answer } from "./Answer.tsx";

/** What a unit got at a moment, with the revision that said so and what ended it. */
export function PastAnswer(props: { answer: ExplainedAt; unit: unknown }) {
  const { answer, unit } = props;
  const { standing, publication, next, explanation, notes } = answer;
  if (standing === "not-published-yet") {
    return (
      <Notice tone="caution" title="Not published yet.">
        At {formatUtc(answer.at)} the flag had never been in force in {answer.environment}, so code
        used its own default.
        {next !== null && ` Its first revision came at ${formatUtc(next.publishedAt)}.`}
      </Notice>
    );
  }
  if (standing === "archived" || explanation === null) {
    return (
      <Notice tone="caution" title="Taken out.">
        The flag was taken out at {formatUtc(publication?.publishedAt ?? answer.at)}, so code used
        its own default.
        {next !== null && ` It came back at ${formatUtc(next.publishedAt)}.`}
      </Notice>
    );
  }
  return (
    <div className="flex flex-col gap-4">
      <Answer
        answer={explanation}
        unit={unit}
        tense="past"
        rules={answer.configuration?.rules ?? []}
      />
      {notes.map((note) => (
        <Notice key={note}>{note}</Notice>
      ))}
      {publication !== null && (
        <p className="text-small text-fg2">
          Said by{" "}
          <TextLink
            to={flagPage.href(
              { flagKey: answer.key },
              {
                tab: "history",
                environment: answer.environment,
                revision: String(publication.revision),
              },
            )}
          >
            revision {publication.revision}
          </TextLink>
          , in force from {formatUtc(publication.publishedAt)}{" "}
          {next === null ? "until now" : `to ${formatUtc(next.publishedAt)}`}. Revisions never
          change, so neither does this answer.
        </p>
      )}
    </div>
  );
}
