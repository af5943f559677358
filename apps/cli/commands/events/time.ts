import type { Command } from "commander";

import { EXIT, Failure } from "../../outcome.ts";

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;
type Unit = keyof typeof UNIT_MS;

export interface TimeOptions {
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
}

/** Options that choose a time. */
export function withTime(command: Command): Command {
  return command
    .option("--from <instant>", "start, such as 2026-11-01 or 2026-11-01T08:00:00Z")
    .option("--to <instant>", "end, not included; now if left out")
    .option("--last <duration>", "instead of --from: 90m, 24h, 7d or 4w until now");
}

/** `90m`, `24h`, `7d` or `4w` in milliseconds. @throws Failure for anything else */
export function durationMs(text: string): number {
  const match = /^(\d+)([mhdw])$/u.exec(text);
  const unit = Object.keys(UNIT_MS).find((key): key is Unit => key === match?.[2]);
  if (match === null || unit === undefined)
    throw new Failure(`${text} is no duration: write it as 90m, 24h, 7d or 4w.`, EXIT.usage);
  return Number(match[1]) * UNIT_MS[unit];
}

function instant(text: string, name: string): string {
  const at = Date.parse(text);
  if (Number.isNaN(at))
    throw new Failure(
      `${name} is no instant: ${text}. Write it as 2026-11-01T08:00:00Z.`,
      EXIT.usage,
    );
  return new Date(at).toISOString();
}

/** The bounds that were given; absent where none was. @throws Failure for what is no instant */
export function boundsOf(options: TimeOptions, now: Date): { from?: string; to?: string } {
  const { from, to, last } = options;
  if (from !== undefined && last !== undefined)
    throw new Failure("Give --from or --last, not both.", EXIT.usage);
  return {
    ...(from === undefined ? {} : { from: instant(from, "--from") }),
    ...(last === undefined
      ? {}
      : { from: new Date(now.getTime() - durationMs(last)).toISOString() }),
    ...(to === undefined ? {} : { to: instant(to, "--to") }),
  };
}
