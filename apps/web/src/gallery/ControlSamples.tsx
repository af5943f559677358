import {
  Button,
  Card,
  Checkbox,
  Combobox,
  ConfirmDialog,
  Dialog,
  IconButton,
  LinkButton,
  Menu,
  Popover,
  SegmentedControl,
  Select,
  Switch,
  TabPanel,
  Tabs,
  TextArea,
  TextField,
  Tooltip,
  notify,
} from "@paceline/web-kit";
import { Ellipsis, Plus, Rocket, Search, Undo2 } from "lucide-react";
import { useState } from "react";

const fruits = ["engineer", "marketer", "analyst", "legal"].map((value) => ({
  value,
  label: value.charAt(0).toUpperCase() + value.slice(1),
  hint: "May propose and start changes",
}));

export function ControlSamples() {
  const [tab, setTab] = useState<"results" | "health">("results");
  const [view, setView] = useState<"board" | "table">("board");
  const [open, setOpen] = useState<"none" | "dialog" | "confirm">("none");
  const close = () => setOpen("none");
  return (
    <>
      <Card title="Buttons">
        <div className="flex flex-wrap items-center gap-2">
          <Button kind="primary" icon={<Rocket aria-hidden />}>
            Ship to 100%
          </Button>
          <Button icon={<Plus aria-hidden />} onClick={() => setOpen("dialog")}>
            Open a dialog
          </Button>
          <Button kind="danger" icon={<Undo2 aria-hidden />} onClick={() => setOpen("confirm")}>
            Roll back
          </Button>
          <Button
            kind="quiet"
            onClick={() => notify.done("Flag published", "Revision 12 is live in production.")}
          >
            Show a toast
          </Button>
          <Button small>Small</Button>
          <Button disabled>Disabled</Button>
          <Button busy>Saving</Button>
          <LinkButton to="/">Link</LinkButton>
          <SegmentedControl
            label="View"
            segments={[
              { value: "board", label: "Board" },
              { value: "table", label: "Table" },
            ]}
            value={view}
            onChange={setView}
          />
          <Tooltip text="Says what the icon means">
            <IconButton label="Find" icon={<Search aria-hidden />} bordered title="" />
          </Tooltip>
          <Menu
            label="More acts"
            trigger={<IconButton label="More" icon={<Ellipsis aria-hidden />} />}
            entries={[
              { label: "Duplicate", keys: "d", onSelect: () => {} },
              { label: "Archive", danger: true, onSelect: () => {} },
              { kind: "line" },
              {
                kind: "choice",
                label: "Density",
                value: "a",
                options: [
                  { value: "a", label: "Comfortable" },
                  { value: "b", label: "Compact" },
                ],
                onChange: () => {},
              },
            ]}
          />
          <Popover
            title="How to read this"
            trigger={
              <button type="button" className="underline">
                How to read this
              </button>
            }
          >
            The bar is the range in which the true effect lies.
          </Popover>
        </div>
      </Card>
      <Fields />
      <Tabs
        label="Parts of the experiment"
        items={[
          { value: "results", label: "Results" },
          { value: "health", label: "Data health", count: 5 },
        ]}
        value={tab}
        onChange={setTab}
      >
        <TabPanel value="results">Results are here.</TabPanel>
        <TabPanel value="health">Health is here.</TabPanel>
      </Tabs>
      <Dialog
        open={open === "dialog"}
        onOpenChange={close}
        title="Create a key"
        description="The key is shown once."
        foot={
          <>
            <Button onClick={close}>Cancel</Button>
            <Button kind="primary">Create key</Button>
          </>
        }
      >
        <TextField label="Name" value="" onChange={() => {}} />
      </Dialog>
      <ConfirmDialog
        open={open === "confirm"}
        onOpenChange={close}
        title="Roll back One-page checkout?"
        description="All traffic gets the control within about 3 seconds. You can start it again later."
        act="Roll back"
        danger
        onConfirm={close}
      />
    </>
  );
}

function Fields() {
  const [text, setText] = useState("One-page checkout");
  const [role, setRole] = useState<string | null>("engineer");
  const [on, setOn] = useState(true);
  return (
    <Card title="Fields">
      <div className="grid gap-4 md:grid-cols-3">
        <TextField label="Name" hint="Short and in plain words" value={text} onChange={setText} />
        <TextField
          label="Timebox"
          error="must be 1 to 4 weeks"
          value="9"
          onChange={() => {}}
          after="weeks"
        />
        <TextField
          label="Search"
          before={<Search />}
          placeholder="Key or name"
          value=""
          onChange={() => {}}
        />
        <Select label="Role" options={fruits} value={role} onChange={setRole} />
        <Combobox label="Member" options={fruits} value={role} onChange={setRole} optional />
        <div className="flex flex-col gap-2">
          <Checkbox
            label="Write events"
            hint="May be shown in a web page"
            checked={on}
            onChange={setOn}
          />
          <Checkbox label="Evaluate flags" checked={!on} onChange={(next) => setOn(!next)} />
          <Switch label="Enabled in production" checked={on} onChange={setOn} />
          <Switch label="Disabled switch" checked={false} disabled onChange={() => {}} />
        </div>
        <TextArea label="Hypothesis" value={text} onChange={setText} />
      </div>
    </Card>
  );
}
