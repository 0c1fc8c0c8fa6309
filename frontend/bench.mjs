// Runs src/bench/masks.ts in Node: bundled first, as Node does not read TypeScript.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL(".", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "interlabel-bench-"));
await build({
  root,
  configFile: false,
  logLevel: "warn",
  build: { ssr: `${root}src/bench/masks.ts`, outDir: folder, emptyOutDir: false },
});
await import(pathToFileURL(join(folder, "masks.js")).href);
await rm(folder, { recursive: true });
