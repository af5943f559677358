import type { ApiProblem } from "../api/problem.ts";

export type News = {
  readonly kind: "done" | "problem";
  readonly title: string;
  readonly description?: string | undefined;
};

const waiting: News[] = [];
const listeners = new Set<() => void>();
let version = 0;

function tell(news: News): void {
  waiting.push(news);
  version += 1;
  for (const listener of listeners) listener();
}

/** Short news at the edge of the screen. A refusal stays long enough to be read. */
export const notify = {
  done: (title: string, description?: string): void => tell({ kind: "done", title, description }),
  problem: (problem: ApiProblem): void =>
    tell({ kind: "problem", title: problem.title, description: problem.detail }),
};

/** For `Toasts`: how many news there have been, and the news not shown yet. */
export const newsStore = {
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  version: (): number => version,
  take: (): News[] => waiting.splice(0),
};
