import { SingleBar } from "cli-progress";

/** Shows how far a replay is, on standard error; silent where nobody watches. */
export interface Progress {
  to(unit: number, what: string): void;
  stop(): void;
}

/** @param total  units to replay */
export function createProgress(total: number, shown: boolean): Progress {
  if (!shown) return { to: () => {}, stop: () => {} };
  const bar = new SingleBar({
    format: "  {bar} {percentage} %  {value} of {total} units  {what}",
    barsize: 30,
    hideCursor: true,
    stream: process.stderr,
    noTTYOutput: false,
  });
  bar.start(total, 0, { what: "" });
  return {
    to: (unit, what) => bar.update(unit, { what }),
    stop: () => bar.stop(),
  };
}
