import { Card, buttonClasses, useMay } from "@paceline/web-kit";

const formats = [
  { format: "ndjson", label: "NDJSON" },
  { format: "json", label: "JSON" },
  { format: "csv", label: "CSV" },
  { format: "parquet", label: "Parquet" },
] as const;

/** All events of an environment as a file of the server. */
export function ExportCard(props: { environment: string }) {
  const mayExport = useMay("event.export");
  if (!mayExport) return null;
  return (
    <Card title="Take the events with you" note={props.environment}>
      <p className="mb-3 text-fg2">
        Every event, with its properties and times. NDJSON and JSON can be imported again; CSV is
        safe to open in a spreadsheet.
      </p>
      <div className="flex flex-wrap gap-2">
        {formats.map(({ format, label }) => (
          <a
            key={format}
            download
            href={`/api/v1/events/export?${new URLSearchParams({ environment: props.environment, format }).toString()}`}
            className={buttonClasses({ small: true })}
          >
            {label}
          </a>
        ))}
      </div>
    </Card>
  );
}
