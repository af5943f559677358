import type { RefObject } from "react";
import { useLayoutEffect, useRef, useState } from "react";

/** The width of an element in pixels, followed as it changes. */
export function useWidth(first: number): [RefObject<HTMLDivElement | null>, number] {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(first);
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return;
    setWidth(Math.round(element.getBoundingClientRect().width) || first);
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(Math.round(entry.contentRect.width) || first);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [first]);
  return [place, width];
}
