import { useEditor } from "./context";

export function Instructions() {
  const { instructions } = useEditor().boot.project;
  if (!instructions.trim()) return null;
  return (
    <details class="panel instructions" open>
      <summary>Instructions</summary>
      <p>{instructions}</p>
    </details>
  );
}
