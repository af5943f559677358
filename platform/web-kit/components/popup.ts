/** Look of everything that opens beside its trigger. */
export const popupClasses =
  "float-in scrollbar-none max-w-[min(28rem,var(--available-width))] overflow-y-auto rounded-card " +
  "border border-line bg-surface p-1 text-body text-fg shadow-float outline-none origin-(--transform-origin)";

/** Look of one row in a menu or list that opens. */
export const itemClasses =
  "min-h-7 cursor-default select-none items-center rounded-badge px-2 py-1 outline-none " +
  "data-highlighted:bg-hover data-disabled:text-fg3";
