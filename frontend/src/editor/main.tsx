import { render } from "preact";

const root = document.getElementById("editor");
if (root) render(<p>…</p>, root);
