import { Button, IconButton } from "@paceline/web-kit";
import type { ApiProblem } from "@paceline/web-kit";
import { OctagonAlert, X } from "lucide-react";

import { initiativePage } from "./pages.ts";
import { PartLink } from "./PartLink.tsx";

type MissingArtifact = { readonly artifact: string; readonly reason: string };

function isMissingArtifact(value: unknown): value is MissingArtifact {
  return (
    typeof value === "object" &&
    value !== null &&
    "artifact" in value &&
    typeof value.artifact === "string" &&
    "reason" in value &&
    typeof value.reason === "string"
  );
}

function missingOf(problem: ApiProblem): readonly MissingArtifact[] {
  const { missing } = problem.extensions;
  return Array.isArray(missing) ? missing.filter(isMissingArtifact) : [];
}

/** The rule that refused, and the way out of it. Never a dead end. */
export function Refusal(props: { problem: ApiProblem; id: string; onClose: () => void }) {
  const { problem, id, onClose } = props;
  const missing = missingOf(problem);
  const page = initiativePage.href({ id });
  return (
    <div
      role="alert"
      className="flex items-start gap-3 rounded-card border border-caution-line bg-caution-tint px-4 py-3"
    >
      <OctagonAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-caution" />
      <div className="min-w-0 flex-1">
        <p className="font-semibold">{problem.title}</p>
        {missing.length === 0 && <p className="break-words text-fg2">{problem.detail}</p>}
        {missing.length > 0 && (
          <ul className="mt-0.5 flex list-disc flex-col gap-0.5 pl-4 text-fg2">
            {missing.map(({ artifact, reason }) => (
              <li key={artifact}>{reason}</li>
            ))}
          </ul>
        )}
        <div className="mt-2 flex flex-wrap items-center gap-3">
          {missing.length > 0 && <span className="text-fg2">Nothing was changed.</span>}
          {missing.length > 0 && (
            <PartLink page={page} part="artifacts">
              Go to the artifacts
            </PartLink>
          )}
          {problem.kind === "owner-missing" && (
            <PartLink page={page} part="owner">
              Assign an owner
            </PartLink>
          )}
          {problem.kind === "stale-initiative" && (
            <Button small onClick={onClose}>
              It was read again; close this
            </Button>
          )}
          {problem.kind === "third-iteration" && (
            <span className="text-small text-fg2">
              This did change something: it was decided anew, and the audit log holds why.
            </span>
          )}
        </div>
      </div>
      <IconButton small label="Close" icon={<X aria-hidden />} onClick={onClose} />
    </div>
  );
}
