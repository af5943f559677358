/** One server-sent event. */
export interface ServerEvent {
  /** Absent if the event has none of its own. */
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

// A flag set of 10,000 rules is some 10 MB; what is longer is not one of ours.
const MAX_LENGTH = 64 * 1024 * 1024;

/** Reads server-sent events from text that comes in pieces, as the HTML standard has them. */
export class EventParser {
  #text = "";
  #searchedTo = 0;

  /** @throws Error if an event is longer than any of ours */
  push(piece: string): readonly ServerEvent[] {
    this.#text += piece;
    const events: ServerEvent[] = [];
    for (;;) {
      const end = this.#text.indexOf("\n\n", this.#searchedTo);
      if (end < 0) break;
      const event = readEvent(this.#text.slice(0, end));
      this.#text = this.#text.slice(end + 2);
      this.#searchedTo = 0;
      if (event !== null) events.push(event);
    }
    this.#searchedTo = Math.max(0, this.#text.length - 1);
    if (this.#text.length > MAX_LENGTH) throw new Error("the stream sends no events");
    return events;
  }
}

function readEvent(block: string): ServerEvent | null {
  let id: string | null = null;
  let event = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon === 0) continue;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "id") id = value;
    else if (name === "event") event = value;
    else if (name === "data") data.push(value);
  }
  return data.length === 0 ? null : { id, event, data: data.join("\n") };
}
