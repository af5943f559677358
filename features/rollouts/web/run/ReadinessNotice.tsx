import { Notice, TextLink } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import { initiativeQuery } from "../plan-queries.ts";
import { standsFor } from "../standing.ts";

/** Said while the initiative would refuse the next stage, before anybody runs into it. */
export function ReadinessNotice(props: { id: string; environment: string }) {
  const { id, environment } = props;
  const query = useQuery(initiativeQuery(id));
  if (query.data === undefined) return null;
  const { allows, words, wayOut } = standsFor(query.data, environment);
  if (allows) return null;
  return (
    <div className="mb-5">
      <Notice
        tone="caution"
        title={`${query.data.key} does not let anybody be exposed.`}
        action={<TextLink to={`/initiatives/${id}`}>Open {query.data.key}</TextLink>}
      >
        {words} {wayOut}
      </Notice>
    </div>
  );
}
