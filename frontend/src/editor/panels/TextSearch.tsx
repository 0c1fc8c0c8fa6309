/** The field for finding an object by text. */

import { useState } from "preact/hooks";
import { useStore } from "../lib/store";
import { methodOf, whyNot } from "../suggestions/words";
import { RowAction } from "./RowAction";
import { useEditor } from "./context";
import { TEXT_FIELD } from "./focus";
import { Icon } from "./icons";

export function TextSearch() {
  const editor = useEditor();
  const { search, store } = editor.suggestions;
  const text = useStore(store, (state) => state.text);
  const [phrase, setPhrase] = useState("");
  const can = methodOf("text", editor.boot)?.can ?? false;
  const busy = text.kind === "searching";
  const message = text.kind === "answered" || text.kind === "failed" ? text.message : "";
  const ask = (event: Event) => {
    event.preventDefault();
    void search.find(phrase);
    document.getElementById(TEXT_FIELD)?.blur(); // the next Enter is about what is found
  };
  const clear = () => {
    setPhrase("");
    search.forget();
  };
  return (
    <form class="text-search" role="search" onSubmit={ask}>
      <div class="text-search-field">
        <Icon name="search" />
        <input
          id={TEXT_FIELD}
          type="text"
          maxLength={120}
          autocomplete="off"
          placeholder="Find by text, e.g. left cow"
          aria-label="Find an object by text"
          aria-describedby="text-search-said"
          title={can ? "Find by text (T)" : whyNot("text", editor.boot)}
          list="text-search-classes"
          data-testid="text-search"
          data-state={text.kind}
          value={phrase}
          onInput={(event) => setPhrase(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            clear();
            event.currentTarget.blur();
          }}
        />
        <ClassNames />
        {phrase || text.kind !== "idle" ? (
          <RowAction icon="close" name="Clear the text" title="Clear (Esc)" onClick={clear} />
        ) : (
          <kbd>T</kbd>
        )}
      </div>
      <p id="text-search-said" role="status" class={text.kind === "failed" ? "suggest-said bad" : "suggest-said"}>
        {busy ? "Looking…" : message}
      </p>
    </form>
  );
}

/** The classes' names, to choose from while typing. */
function ClassNames() {
  const { categories } = useEditor().boot.project;
  return (
    <datalist id="text-search-classes">
      {categories.map(({ number, name }) => (
        <option key={number} value={name} />
      ))}
    </datalist>
  );
}
