/** `npm run example:email-campaign -- <file>`: Kevin Hillstrom's e-mail experiment, see README.md here. */
import { readRows } from "../replay/csv.ts";
import { runExample } from "../replay/run.ts";
import type { RecordedEvent, Study } from "../replay/study.ts";

const COLUMNS = ["segment", "visit", "conversion", "spend"];
const VARIANTS: Readonly<Record<string, string>> = {
  "No E-Mail": "no_email",
  "Mens E-Mail": "mens_email",
  "Womens E-Mail": "womens_email",
};

async function readStudy(file: string): Promise<Study> {
  const rows = await readRows(file, COLUMNS);
  return {
    name: "E-mail campaign",
    folder: import.meta.dirname,
    about:
      "Every customer keeps the variant that the e-mail service really sent: the recorded segment overrides the assignment. The file has one outcome per customer, so the days of the replay are simulated.",
    startsAt: new Date("2008-03-03T00:00:00Z"),
    days: 14,
    units: rows.map(({ segment = "", visit, conversion, spend }, index) => {
      const variant = VARIANTS[segment];
      if (variant === undefined)
        throw new Error(`${file}, row ${index + 1}: unknown segment ${segment}`);
      const events: RecordedEvent[] = [];
      if (visit === "1") events.push({ event: "Site Visited", properties: {} });
      if (conversion === "1" || Number(spend) > 0) {
        events.push({
          event: "Order Completed",
          properties: { revenue: Number(spend), currency: "USD" },
        });
      }
      return { id: `customer-${index + 1}`, segment, variant, events };
    }),
  };
}

process.exitCode = await runExample("email-campaign", COLUMNS, readStudy);
