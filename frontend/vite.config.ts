import { defineConfig } from "vitest/config";

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    target: "es2022",
    minify: "esbuild",
    sourcemap: false,
    modulePreload: false,
    assetsInlineLimit: 16_384,
    reportCompressedSize: false,
  },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"], environment: "node", testTimeout: 20_000 },
});
