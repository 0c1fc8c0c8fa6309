// Writes src/shared/server_types.ts from the OpenAPI document (`make types`), from a file or standard input.
//
//   node types.mjs [DOCUMENT]          write it
//   node types.mjs --check DOCUMENT    end with 1 when the file is another one
//
// Only the named types: routes are called by the addresses that the server gives.

import { readFileSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";
import { format, resolveConfig } from "prettier";

const file = fileURLToPath(new URL("src/shared/server_types.ts", import.meta.url));
const [document] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const { openapi, info, components } = JSON.parse(
  document ? readFileSync(document, "utf-8") : await text(process.stdin),
);
const tree = await openapiTS(
  { openapi, info, paths: {}, components: { schemas: components.schemas } },
  {
    immutable: true,
    exportType: true,
    rootTypes: true,
    rootTypesNoSchemaPrefix: true,
    rootTypesKeepCasing: true,
    defaultNonNullable: false,
  },
);
const written = astToString(tree).replace(
  /^export type (paths|webhooks|\$defs|operations) = Record<string, never>;\n/gm,
  "",
);
const heading = "// Generated from the server's types by `make types`. Do not edit.\n\n";
const content = await format(heading + written, { ...(await resolveConfig(file)), filepath: file });

if (!process.argv.includes("--check")) {
  writeFileSync(file, content);
} else if (readFileSync(file, "utf-8") !== content) {
  console.error("frontend/src/shared/server_types.ts is not what the server's types make: make types, and commit");
  process.exit(1);
}
