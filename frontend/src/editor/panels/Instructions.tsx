import { useFold } from "./Fold";
import { useEditor } from "./context";

/** In a lower window they are folded at first: classes and objects need the room. */
const LOW = 720;

export function Instructions() {
  const { id, instructions } = useEditor().boot.project;
  const fold = useFold(`instructions:${id}`, window.innerHeight < LOW);
  if (!instructions.trim()) return null;
  return (
    <details
      class="panel instructions"
      data-testid="instructions"
      open={!fold.folded}
      onToggle={(event) => event.currentTarget.open === fold.folded && fold.set(!event.currentTarget.open)}
    >
      <summary>Instructions</summary>
      <p dir="auto">{instructions}</p>
    </details>
  );
}
