import { Icon, type IconName } from "./icons";

interface RowActionProps {
  icon: IconName;
  /** What it does to what; for screen readers. */
  name: string;
  title: string;
  testId?: string;
  kind?: "danger" | "keep";
  pressed?: boolean;
  disabled?: boolean;
  onClick: () => void;
}

/** A small button with a picture, as rows of lists and fields have them. */
export function RowAction({ icon, name, title, testId, kind, pressed, disabled, onClick }: RowActionProps) {
  return (
    <button
      type="button"
      class={kind ? `row-action ${kind}` : "row-action"}
      title={title}
      aria-label={name}
      aria-pressed={pressed}
      aria-disabled={disabled}
      data-testid={testId}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
