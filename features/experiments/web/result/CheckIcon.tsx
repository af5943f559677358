import { classes, toneText } from "@paceline/web-kit";
import { CircleCheck, CircleDashed, OctagonAlert, TriangleAlert } from "lucide-react";

const icons = {
  positive: { icon: CircleCheck, word: "Holds" },
  negative: { icon: OctagonAlert, word: "Broken" },
  caution: { icon: TriangleAlert, word: "Careful" },
  plain: { icon: CircleDashed, word: "Unknown" },
} as const;

/** How one check stands, in an icon that a screen reader reads as a word. */
export function CheckIcon(props: { tone: keyof typeof icons }) {
  const { icon: Icon, word } = icons[props.tone];
  return (
    <>
      <Icon aria-hidden className={classes("size-4 shrink-0", toneText[props.tone])} />
      <span className="sr-only">{word}:</span>
    </>
  );
}
