import { Button, Card, CodeBlock, Loaded, SkeletonRows } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Database } from "lucide-react";
import { useState } from "react";

import { sqlQuery } from "../queries.ts";

/** The statement behind the numbers, on demand. */
export function SqlCard(props: { id: string }) {
  const [shown, setShown] = useState(false);
  const query = useQuery({ ...sqlQuery(props.id), enabled: shown });
  return (
    <Card
      title="The statement behind the numbers"
      note="per-unit sums; no result is stored that it cannot give again"
      actions={
        <Button
          small
          aria-expanded={shown}
          icon={<Database aria-hidden />}
          onClick={() => setShown(!shown)}
        >
          {shown ? "Hide the SQL" : "Show the SQL"}
        </Button>
      }
      flush
    >
      {shown && (
        <div className="card-p">
          <Loaded query={query} skeleton={<SkeletonRows rows={8} />}>
            {({ sql }) => <CodeBlock label="DuckDB SQL" language="sql" code={sql} />}
          </Loaded>
        </div>
      )}
    </Card>
  );
}
