import { Badge, IconButton, Menu, classes } from "@paceline/web-kit";
import { ChevronDown, Ellipsis, GripVertical } from "lucide-react";
import type { KeyboardEvent, ReactNode } from "react";
import { useState } from "react";

import { ruleWords } from "../words.ts";
import type { RuleDraft } from "./edit.ts";

type RuleCardProps = {
  rule: RuleDraft;
  place: number;
  count: number;
  open: boolean;
  disabled: boolean;
  /** How many fields of it are wrong. */
  faults: number;
  /** A new rule, or one that differs from what is in force. */
  change: "new" | "changed" | null;
  reach: ReactNode;
  children: ReactNode;
  onOpen: (open: boolean) => void;
  onMove: (to: number) => void;
  onCopy: () => void;
  onRemove: () => void;
  /** Where a rule that is being dragged would go. */
  dropAt: number | null;
  onDrag: (dropAt: number | null) => void;
};

/** One rule: its sentence and reach, and its form when it is open. Alt and the arrows move it. */
export function RuleCard(props: RuleCardProps) {
  const { rule, place, open, disabled, faults, change, reach, children } = props;
  return (
    <li
      data-rule-place={place}
      className={classes(
        "rounded-card border bg-surface shadow-rest",
        faults > 0 ? "border-negative-line" : open ? "border-line-2" : "border-line",
        props.dropAt === place && "outline-2 outline-offset-2 outline-accent-solid",
      )}
    >
      <div className="flex items-start gap-2 px-3 py-2.5">
        {!disabled && <DragHandle {...props} />}
        <RuleTitle {...props} />
        <div className="flex shrink-0 items-center gap-1 pt-0.5 max-sm:flex-col-reverse max-sm:items-end">
          {faults > 0 && (
            <Badge tone="negative">{faults === 1 ? "1 fault" : `${faults} faults`}</Badge>
          )}
          {change !== null && <Badge tone="caution">{change === "new" ? "New" : "Changed"}</Badge>}
          {!disabled && <RuleActs {...props} />}
        </div>
      </div>
      {reach !== null && <div className="px-3 pb-2.5 sm:pl-16">{reach}</div>}
      {open && (
        <div id={bodyId(rule)} className="border-t border-line">
          {children}
        </div>
      )}
    </li>
  );
}

function bodyId(rule: RuleDraft): string {
  return `rule-${rule.id}`;
}

function RuleTitle(props: RuleCardProps) {
  const { rule, place, count, open, disabled, onOpen, onMove } = props;
  const keys = (event: KeyboardEvent) => {
    if (!event.altKey || disabled) return;
    if (event.key === "ArrowUp" && place > 0) onMove(place - 1);
    else if (event.key === "ArrowDown" && place < count - 1) onMove(place + 1);
    else return;
    event.preventDefault();
  };
  return (
    <h2 className="min-w-0 flex-1">
      <button
        type="button"
        aria-expanded={open}
        aria-controls={open ? bodyId(rule) : undefined}
        aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
        onKeyDown={keys}
        onClick={() => onOpen(!open)}
        className="flex w-full items-start gap-2 rounded-badge py-0.5 text-left"
      >
        <span className="grid size-5 shrink-0 place-items-center rounded-badge bg-hover text-small font-medium text-fg2 tabular-nums">
          {place + 1}
        </span>
        <span className="min-w-0 flex-1 break-words">
          <span className="font-medium">{ruleWords(rule)}</span>
          {rule.description !== "" && (
            <span className="block text-small text-fg2">{rule.description}</span>
          )}
        </span>
        <ChevronDown
          aria-hidden
          className={classes("mt-0.5 size-4 shrink-0 text-fg3", open && "rotate-180")}
        />
      </button>
    </h2>
  );
}

/** The place of the rule under the pointer. */
function placeUnder(x: number, y: number): number | null {
  for (const element of document.elementsFromPoint(x, y)) {
    const place = element.closest("[data-rule-place]")?.getAttribute("data-rule-place");
    if (place != null) return Number(place);
  }
  return null;
}

/** Moves the rule: dragged by the pointer, or by the arrow keys while it has the focus. */
function DragHandle(props: RuleCardProps) {
  const { place, count, dropAt, onMove, onDrag } = props;
  const [dragging, setDragging] = useState(false);
  const keys = (event: KeyboardEvent) => {
    if (event.key === "ArrowUp" && place > 0) onMove(place - 1);
    else if (event.key === "ArrowDown" && place < count - 1) onMove(place + 1);
    else return;
    event.preventDefault();
  };
  const end = (isDropped: boolean) => {
    if (isDropped && dropAt !== null && dropAt !== place) onMove(dropAt);
    setDragging(false);
    onDrag(null);
  };
  return (
    <button
      type="button"
      aria-label={`Place of rule ${place + 1}, ${place + 1} of ${count}: arrow keys move it`}
      title="Drag, or use the arrow keys"
      onKeyDown={keys}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDragging(true);
      }}
      onPointerMove={(event) => {
        if (dragging) onDrag(placeUnder(event.clientX, event.clientY));
      }}
      onPointerUp={() => end(true)}
      onPointerCancel={() => end(false)}
      className={classes(
        "-ml-1 grid h-6 w-6 shrink-0 touch-none place-items-center rounded-badge text-fg3 hover:bg-hover",
        dragging ? "cursor-grabbing" : "cursor-grab",
      )}
    >
      <GripVertical aria-hidden className="size-4" />
    </button>
  );
}

function RuleActs(props: RuleCardProps) {
  const { place, count, onMove, onCopy, onRemove } = props;
  const name = `rule ${place + 1}`;
  return (
    <Menu
      label={`More for ${name}`}
      trigger={<IconButton small label={`More for ${name}`} icon={<Ellipsis aria-hidden />} />}
      entries={[
        {
          label: "Move up",
          keys: "Alt ↑",
          disabled: place === 0,
          onSelect: () => onMove(place - 1),
        },
        {
          label: "Move down",
          keys: "Alt ↓",
          disabled: place === count - 1,
          onSelect: () => onMove(place + 1),
        },
        { label: "Duplicate", onSelect: onCopy },
        { kind: "line" },
        { label: "Take out", danger: true, onSelect: onRemove },
      ]}
    />
  );
}
