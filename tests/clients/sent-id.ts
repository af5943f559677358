/** The member under which every client's event carries the drill's own id. */
export const SENT_ID = "sentId";

/** What one client says about its events. */
export interface ClientReport {
  readonly sent: number;
  /** Ids of events of which the client says that they were delivered. */
  readonly delivered: readonly string[];
  /** Of which it says that it gave them up. */
  readonly failed: number;
}

/** Where a client sends, and what. */
export interface ClientTask {
  readonly host: string;
  readonly writeKey: string;
  readonly events: number;
}

export type ClientRun = (task: ClientTask) => Promise<ClientReport>;

/** Collects what a client says event by event. */
export class Deliveries {
  readonly delivered: string[] = [];
  failed = 0;

  settle(id: string, error: unknown): void {
    if (error === undefined || error === null) this.delivered.push(id);
    else this.failed += 1;
  }

  get settled(): number {
    return this.delivered.length + this.failed;
  }

  /** Resolves when something was said about every event. */
  async all(events: number): Promise<ClientReport> {
    while (this.settled < events) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    return { sent: events, delivered: this.delivered, failed: this.failed };
  }
}

const POLL_MS = 50;

/** Events are made in groups, as an application would, so that outages meet every part of the run. */
export async function inGroups(
  events: number,
  send: (place: number) => void,
  afterGroup: () => Promise<unknown>,
): Promise<void> {
  for (let place = 0; place < events; place += 1) {
    send(place);
    if ((place + 1) % GROUP === 0 || place + 1 === events) await afterGroup();
  }
}

const GROUP = 250;
