import type { Fault } from "../../domain/condition.ts";

/** What is wrong with one field, by its place in what is sent. */
export type FaultAt = (pointer: string) => string | undefined;

/** Looks up faults; those found here first, then the server's. */
export function faultLookup(...lists: readonly (readonly Fault[])[]): FaultAt {
  const found = new Map<string, string>();
  for (const { pointer, detail } of lists.flat())
    if (!found.has(pointer)) found.set(pointer, detail);
  return (pointer) => found.get(pointer);
}

/** How many faults are at a place or below it. */
export function faultsBelow(faults: readonly Fault[], pointer: string): number {
  return faults.filter(
    (fault) => fault.pointer === pointer || fault.pointer.startsWith(`${pointer}/`),
  ).length;
}
