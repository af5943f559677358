import type { ReactNode } from "react";

export type KeyValue = { readonly key: string; readonly value: ReactNode };

/** Names on the left, values on the right; below 600 px the name stands above its value. */
export function KeyValues(props: { items: readonly KeyValue[]; narrow?: boolean | undefined }) {
  return (
    <dl
      className={
        props.narrow === true
          ? "grid grid-cols-[5.5rem_1fr] gap-x-3 gap-y-2"
          : "grid gap-x-4 gap-y-2 sm:grid-cols-[8.5rem_1fr]"
      }
    >
      {props.items.map(({ key, value }) => (
        <div key={key} className="contents">
          <dt className="text-fg3">{key}</dt>
          <dd className="flex min-h-5 min-w-0 flex-col justify-center break-words max-sm:mb-1.5">
            {value}
          </dd>
        </div>
      ))}
    </dl>
  );
}
