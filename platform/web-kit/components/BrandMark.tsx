/** Three slanted strokes in echelon on an ink square. */
export function BrandMark(props: { large?: boolean }) {
  return (
    <svg
      viewBox="0 0 24 24"
      aria-hidden
      className={props.large === true ? "size-9 shrink-0" : "size-[22px] shrink-0"}
    >
      <rect width="24" height="24" rx="6" fill="var(--ink)" />
      <path
        d="M5 17.5 8.6 8M10 17.5l4.2-11M15.4 17.5 19 8"
        stroke="var(--on-ink)"
        strokeWidth="2.2"
        strokeLinecap="round"
        fill="none"
      />
    </svg>
  );
}
