import type { ComponentProps, ReactElement, ReactNode } from "react";
import { cloneElement, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";

const openMs = 300;
const closeMs = 80;
const gap = 6;
const edge = 8;

/**
 * Words for an icon or a number, on hover and focus; never the only place of a fact. Esc closes
 * it, and the pointer may rest on it (WCAG 1.4.13).
 */
export function Tooltip(props: {
  /** Something that takes the focus. */
  children: ReactElement<ComponentProps<"button">>;
  text: ReactNode;
}) {
  const { children, text } = props;
  const id = useId();
  const [timer] = useState(createTimer);
  const [anchor, setAnchor] = useState<DOMRect>();
  const open = (target: Element, delayMs: number) =>
    timer.start(() => setAnchor(target.getBoundingClientRect()), delayMs);
  const close = () => timer.start(() => setAnchor(undefined), closeMs);
  useEffect(() => timer.stop, [timer]);
  return (
    <>
      {cloneElement(children, {
        "aria-describedby": anchor === undefined ? undefined : id,
        onPointerEnter: (event) => open(event.currentTarget, openMs),
        onPointerLeave: close,
        onFocus: (event) => open(event.currentTarget, 0),
        onBlur: close,
      })}
      {anchor !== undefined && (
        <Bubble
          id={id}
          anchor={anchor}
          onClose={() => setAnchor(undefined)}
          onStay={timer.stop}
          onLeave={close}
        >
          {text}
        </Bubble>
      )}
    </>
  );
}

function createTimer() {
  let running: ReturnType<typeof setTimeout> | undefined;
  const stop = () => clearTimeout(running);
  return {
    stop,
    start: (act: () => void, delayMs: number) => {
      stop();
      running = setTimeout(act, delayMs);
    },
  };
}

function Bubble(props: {
  id: string;
  anchor: DOMRect;
  onClose: () => void;
  onStay: () => void;
  onLeave: () => void;
  children: ReactNode;
}) {
  const { id, anchor, onClose, onStay, onLeave, children } = props;
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const { width, height } = element.getBoundingClientRect();
    const centered = anchor.left + anchor.width / 2 - width / 2;
    const left = Math.max(edge, Math.min(centered, globalThis.innerWidth - width - edge));
    const above = anchor.top - height - gap;
    element.style.left = `${left}px`;
    element.style.top = `${above >= edge ? above : anchor.bottom + gap}px`;
  }, [anchor]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") onClose();
    };
    document.addEventListener("keydown", onKey, true);
    globalThis.addEventListener("scroll", onClose, true);
    return () => {
      document.removeEventListener("keydown", onKey, true);
      globalThis.removeEventListener("scroll", onClose, true);
    };
  }, [onClose]);
  return createPortal(
    <div
      ref={box}
      id={id}
      role="tooltip"
      onPointerEnter={onStay}
      onPointerLeave={onLeave}
      className="fixed z-50 max-w-72 rounded-control bg-ink px-2 py-1 text-small text-on-ink shadow-float"
    >
      {children}
    </div>,
    document.body,
  );
}
