import type { ParityEvent, ParityHour, ParityVerdict } from "./parity-report.ts";

const HOUR_MS = 3_600_000;
/** From here on a difference is one of single messages, not of a source or an hour. */
const CLOSE_SHARE = 0.999;

interface Figures {
  readonly here: number;
  readonly there: number;
  readonly matched: number;
  readonly missingHere: number;
  readonly missingThere: number;
  readonly events: readonly ParityEvent[];
}

/** What a report says first. */
export function verdictOf(figures: Figures): ParityVerdict {
  const { here, there, matched, missingHere, missingThere } = figures;
  if (there === 0) {
    const found = here === 0 ? "neither has Paceline" : `Paceline has ${count(here)}`;
    return { kind: "nothing", sentence: `The file has no message of this time; ${found}.` };
  }
  const extra =
    missingThere === 0 ? "" : ` Paceline has ${count(missingThere)} that the file lacks.`;
  if (missingHere === 0) {
    return {
      kind: missingThere === 0 ? "equal" : "close",
      sentence: `Paceline has all ${count(there)} messages.${extra}`,
    };
  }
  const share = `Paceline has ${percent(matched, there)} of the ${count(there)} messages`;
  return {
    kind: matched / there >= CLOSE_SHARE ? "close" : "apart",
    sentence: `${share}; ${missingWords(figures)}.${extra}`,
  };
}

/** "21 of Order Completed are missing on 5 Jan between 14:00 and 15:00 UTC" */
function missingWords({ events, missingHere }: Figures): string {
  const lacking = events.filter((event) => event.missingHere > 0);
  const worst = lacking.toSorted((a, b) => b.missingHere - a.missingHere)[0];
  if (worst === undefined) return "";
  const verb = worst.missingHere === 1 ? "is" : "are";
  const words = `${count(worst.missingHere)} of ${worst.event} ${verb} missing ${timeWords(worst.hours)}`;
  const rest = missingHere - worst.missingHere;
  const names = lacking.length - 1;
  return rest === 0
    ? words
    : `${words}, and ${count(rest)} of ${names === 1 ? "one other name" : `${count(names)} other names`}`;
}

function timeWords(hours: readonly ParityHour[]): string {
  const lacking = hours.filter((hour) => hour.missingHere > 0);
  const [first, last] = [lacking.at(0), lacking.at(-1)];
  if (first === undefined || last === undefined) return "";
  const end = last.at + HOUR_MS;
  const sameDay = day(first.at) === day(end - 1);
  return sameDay
    ? `on ${day(first.at)} between ${time(first.at)} and ${time(end)} UTC`
    : `between ${day(first.at)}, ${time(first.at)} and ${day(end)}, ${time(end)} UTC`;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function day(at: number): string {
  const date = new Date(at);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ""}`;
}

function time(at: number): string {
  return new Date(at).toISOString().slice(11, 16);
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** Rounded down, so that 100% is never said of something that lacks one. */
function percent(part: number, whole: number): string {
  return `${(Math.floor((part / whole) * 10_000) / 100).toFixed(2)}%`;
}
