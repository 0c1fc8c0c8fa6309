// Builds the committed bundle: each entry alone, into ../static under a fixed name.
//
// One build an entry, because a shared chunk would need a name of its own and a second request;
// fixed names, because Django's staticfiles adds the hashes where they are wanted.
//
//   npm run build                     everything, after the type check
//   node build.mjs pages.js --watch   only this file, again at each change
//   node build.mjs --out=FOLDER       elsewhere than into ../static, to compare

import { build } from "vite";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL(".", import.meta.url));
const watch = process.argv.includes("--watch");
const out = process.argv.find((argument) => argument.startsWith("--out="))?.slice("--out=".length) ?? "../static";
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));

/** The bundle's files: where each starts in the sources, and what it is called in ../static. */
const entries = [
  { input: "src/editor/main.tsx", output: "editor.js" },
  { input: "src/pages/main.ts", output: "pages.js" },
  { input: "src/charts/main.ts", output: "charts.js" },
  { input: "src/styles/interlabel.css", output: "interlabel.css" },
];

for (const { input, output } of entries) {
  if (wanted.length > 0 && !wanted.includes(output)) continue;
  await build({
    root,
    configFile: `${root}vite.config.ts`,
    logLevel: "warn",
    build: {
      outDir: out,
      emptyOutDir: false,
      watch: watch ? {} : null,
      rollupOptions: {
        input: `${root}${input}`,
        output: {
          // A stylesheet's own script is empty and dropped, but would take the name first.
          entryFileNames: output.endsWith(".css") ? "empty.js" : output,
          assetFileNames: output,
          format: "es",
          inlineDynamicImports: true,
        },
      },
    },
  });
  console.log(`${out}/${output} from frontend/${input}`);
}
