import { Button, CopyButton, Dialog } from "@paceline/web-kit";
import type { ReactNode } from "react";

/** Shows something once. It closes only by its button, so that it is not lost by accident. */
export function SecretDialog(props: {
  title: string;
  secret: string;
  /** What it is, after "Copy": "key", "link". */
  secretName: string;
  children: ReactNode;
  onClose: () => void;
}) {
  const { title, secret, secretName, children, onClose } = props;
  return (
    <Dialog
      open
      keep
      onOpenChange={onClose}
      title={title}
      description={children}
      foot={
        <>
          <CopyButton words text={secret} label={`Copy ${secretName}`} />
          <Button kind="primary" onClick={onClose}>
            I have kept it
          </Button>
        </>
      }
    >
      <code className="rounded-control border border-line bg-sunken p-3 font-mono text-small break-all select-all">
        {secret}
      </code>
    </Dialog>
  );
}
