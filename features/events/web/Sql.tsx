import { CodeBlock, RelativeTime } from "@paceline/web-kit";

/** Where a number comes from: how fresh it is, and the statement, one click away. */
export function Sql(props: {
  sql: string;
  newestReceivedAt: string | null;
  /** What could not be read. */
  incomplete?: { files: readonly string[]; events: number | null } | null;
}) {
  const { sql, newestReceivedAt, incomplete } = props;
  return (
    <div className="flex flex-col gap-2 text-small text-fg2">
      {incomplete != null && (
        <p className="text-caution">
          {incomplete.files.length} damaged files could not be read, so these numbers may be too
          low.
        </p>
      )}
      <details>
        <summary className="w-fit rounded-badge hover:text-fg">
          <span className="font-medium text-fg underline decoration-line-2 underline-offset-3">
            Show the SQL
          </span>{" "}
          {newestReceivedAt === null ? (
            "Nothing has been received."
          ) : (
            <>
              The newest event was received <RelativeTime at={newestReceivedAt} />.
            </>
          )}
        </summary>
        <div className="mt-2">
          <CodeBlock label="As it was run" language="sql" code={sql.trim()} />
        </div>
      </details>
    </div>
  );
}
