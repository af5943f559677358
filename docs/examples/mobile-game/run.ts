/** `npm run example:mobile-game -- <file>`: the Cookie Cats gate experiment, see README.md here. */
import { readRows } from "../replay/csv.ts";
import { runExample } from "../replay/run.ts";
import type { RecordedEvent, Study } from "../replay/study.ts";

const COLUMNS = ["userid", "version", "sum_gamerounds", "retention_1", "retention_7"];

async function readStudy(file: string): Promise<Study> {
  const rows = await readRows(file, COLUMNS);
  return {
    name: "First gate of a mobile game",
    folder: import.meta.dirname,
    about:
      "Every player keeps the version that was really installed: the record overrides the assignment. The file has one outcome per player, so the days of the replay are simulated, and what a player did within two weeks is sent an hour after the exposure.",
    startsAt: new Date("2016-02-01T00:00:00Z"),
    days: 14,
    units: rows.map(
      ({ userid = "", version = "", sum_gamerounds, retention_1, retention_7 }, index) => {
        if (version !== "gate_30" && version !== "gate_40") {
          throw new Error(`${file}, row ${index + 1}: unknown version ${version}`);
        }
        const events: RecordedEvent[] = [
          { event: "Rounds Played", properties: { rounds: Number(sum_gamerounds) } },
        ];
        if (retention_1 === "TRUE") events.push({ event: "Returned After 1 Day", properties: {} });
        if (retention_7 === "TRUE") events.push({ event: "Returned After 7 Days", properties: {} });
        return { id: `player-${userid}`, segment: version, variant: version, events };
      },
    ),
  };
}

process.exitCode = await runExample("mobile-game", COLUMNS, readStudy);
