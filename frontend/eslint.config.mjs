// ESLint with the rules that need types: promises that nobody waits for, `any` that spreads, conditions that are
// always true. How code looks is prettier's.

import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    ...eslint.configs.recommended,
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } },
  },
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // `noUncheckedIndexedAccess` makes every index possibly undefined; `!` says where it is known not to be.
      "@typescript-eslint/no-non-null-assertion": "off",
      // `return this.toasts.say("…")` ends a function early and says why.
      "@typescript-eslint/no-confusing-void-expression": "off",
      // What is read from a store or a page is of the type that the reader names.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      // A function fits on a screen.
      "max-lines-per-function": ["error", { max: 60 }],
      // Times look the same everywhere: `shortTime` of shared/time.ts.
      "no-restricted-syntax": ["error", "MemberExpression[object.callee.name='Date'][property.name=/^toLocale/]"],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", destructuredArrayIgnorePattern: "^_" },
      ],
    },
  },
  {
    files: ["**/*.test.ts"],
    rules: {
      // `describe` is a function, too.
      "max-lines-per-function": "off",
      // `expect(part.method).toHaveBeenCalled()`, and fakes of fetch that are given strings.
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/no-base-to-string": "off",
    },
  },
);
