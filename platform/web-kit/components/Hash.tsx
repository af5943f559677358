import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";

import { shortHash } from "../format.ts";
import { Button, IconButton } from "./Button.tsx";
import { classes } from "./classes.ts";

const shownMs = 1_500;

function useCopied(): { copied: boolean; copy: (text: string) => void } {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), shownMs);
    return () => clearTimeout(timer);
  }, [copied]);
  return {
    copied,
    copy: (text) => {
      navigator.clipboard.writeText(text).then(
        () => setCopied(true),
        () => selectFallback(text),
      );
    },
  };
}

/** Without the clipboard (plain HTTP on a LAN) the text is offered for copying by hand. */
function selectFallback(text: string): void {
  globalThis.prompt("Copy this text:", text);
}

/** Copies a text; says so where the pointer is and to screen readers. */
export function CopyButton(props: { text: string; label?: string | undefined; words?: boolean }) {
  const { copied, copy } = useCopied();
  const label = props.label ?? "Copy";
  const icon = copied ? <Check aria-hidden /> : <Copy aria-hidden />;
  return (
    <>
      {props.words === true ? (
        <Button icon={icon} onClick={() => copy(props.text)}>
          {copied ? "Copied" : label}
        </Button>
      ) : (
        <IconButton
          small
          label={copied ? "Copied" : label}
          icon={icon}
          onClick={() => copy(props.text)}
        />
      )}
      <output className="sr-only">{copied ? "Copied" : ""}</output>
    </>
  );
}

/** A hash or id in mono; shortened with both ends kept, whole on hover and in the copy. */
export function Hash(props: { value: string; whole?: boolean | undefined; label?: string }) {
  const { value, whole = false, label = "Copy hash" } = props;
  return (
    <span className="inline-flex max-w-full items-center gap-1">
      <code title={value} className={classes("font-mono text-small", whole && "break-all")}>
        {whole ? value : shortHash(value)}
      </code>
      <CopyButton text={value} label={label} />
    </span>
  );
}

/** A snippet of code or a command, with its copy button. */
export function CodeBlock(props: { code: string; label: string; language?: string }) {
  return (
    <figure className="relative rounded-control border border-line bg-sunken">
      <figcaption className="flex items-center justify-between border-b border-line py-0.5 pr-1 pl-3 text-small text-fg3">
        {props.label}
        <CopyButton text={props.code} label={`Copy ${props.label}`} />
      </figcaption>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region needs the keyboard */}
      <pre tabIndex={0} className="overflow-x-auto p-3 font-mono text-small leading-5">
        <code data-language={props.language}>{props.code}</code>
      </pre>
    </figure>
  );
}
