import type { CriterionDocument } from "../../api.ts";

/** What the two intervals are, in words; behind one click so that the table stays quiet. */
export function HowToRead(props: { criterion: CriterionDocument }) {
  const { primary, guardrails } = props.criterion;
  const confidence = `${primary.confidence * 100}%`;
  return (
    <details>
      <summary className="w-fit rounded-badge font-medium text-fg hover:underline">
        How to read this
      </summary>
      <ul className="mt-2 flex max-w-[75ch] list-disc flex-col gap-1.5 pl-4">
        <li>
          <strong className="font-semibold text-fg">
            The bar is the ordinary {confidence} interval.
          </strong>{" "}
          Anybody can compute it from the raw data with a textbook’s formula (Welch; delta method
          for relative change), and it equals the API’s <code className="font-mono">absolute</code>{" "}
          and <code className="font-mono">relative</code>. It is right for one look only, so it
          decides nothing.
        </li>
        <li>
          <strong className="font-semibold text-fg">The whiskers are the deciding interval.</strong>{" "}
          It is wider for the primary metric, because the run is looked at every day: over all looks
          together it is wrong in at most {Math.round((1 - primary.confidence) * 1000) / 10}% of
          runs. The verdict compares this one with the criterion.
        </li>
        <li>
          The dashed mark is the criterion that was locked: the change that counts as success.
        </li>
        {guardrails.length > 0 && (
          <li>
            A guardrail holds when its deciding interval stays out of the shaded region, and is
            breached when it lies wholly inside; each of its ends is one-sided, so late in a run it
            may be a little narrower than the bar. Its margin is on its own scale, so that scale
            does not follow the switch.
          </li>
        )}
        <li>Secondary metrics are shown, corrected for being several, and never decide.</li>
      </ul>
    </details>
  );
}
