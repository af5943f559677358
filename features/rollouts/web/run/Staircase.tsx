import { shareWords } from "../plan-words.ts";
import type { StageStanding } from "./stage-standing.ts";

const width = 720;
const height = 132;
const top = 20;
const floor = height - 2;
const gap = 3;
/** A step of one in a hundred still shows. */
const leastHeight = 4;

const fills = {
  done: "var(--accent-solid)",
  present: "var(--accent-solid)",
  "taken-back": "var(--negative-solid)",
  left: "var(--line-2)",
  planned: "var(--sunken)",
} as const satisfies Record<StageStanding, string>;

export type Step = { readonly share: number; readonly standing: StageStanding };

function heightOf(share: number): number {
  return Math.max(leastHeight, share * (floor - top));
}

/** Exposure over the stages of a plan: what was reached is filled, what is planned is outlined. */
export function Staircase(props: { steps: readonly Step[] }) {
  const { steps } = props;
  const each = width / Math.max(1, steps.length);
  const present = steps.findIndex(({ standing }) => standing === "present");
  const words = `Exposure over ${steps.length} stages: ${steps.map(({ share }) => shareWords(share)).join(", ")}${
    present < 0 ? "" : `; it is at stage ${present + 1}`
  }`;
  return (
    <div className="relative">
      <svg
        role="img"
        aria-label={words}
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        className="block h-33 w-full overflow-visible max-sm:h-24"
      >
        <line x1={0} x2={width} y1={floor} y2={floor} stroke="var(--line-2)" />
        {steps.map(({ share, standing }, index) => {
          const tall = heightOf(share);
          const planned = standing === "planned";
          return (
            <rect
              key={index}
              x={index * each + (index === 0 ? 0 : gap)}
              y={floor - tall}
              width={each - (index === 0 ? gap : 2 * gap) + (index === steps.length - 1 ? gap : 0)}
              height={tall}
              fill={fills[standing]}
              fillOpacity={standing === "done" ? 0.45 : 1}
              stroke={planned ? "var(--fg3)" : "none"}
              strokeDasharray={planned ? "4 3" : undefined}
              vectorEffect="non-scaling-stroke"
            />
          );
        })}
      </svg>
      {/* Beside the drawing, because what is drawn is stretched to its width. */}
      <div aria-hidden className="pointer-events-none absolute inset-0 flex text-meta text-fg2">
        {steps.map(({ share }, index) => (
          <span key={index} className="relative flex-1 text-center tabular-nums">
            <span
              className="absolute inset-x-0"
              style={{ bottom: `${((heightOf(share) + height - floor) / height) * 100}%` }}
            >
              {shareWords(share)}
            </span>
          </span>
        ))}
      </div>
    </div>
  );
}
