import { describe, expect, it } from "vitest";

import { filesOf, isWanted } from "./files";

function fileEntry(name: string): FileSystemFileEntry {
  const file = new File(["x"], name);
  Object.defineProperty(file, "webkitRelativePath", { value: "" });
  return { name, isFile: true, isDirectory: false, file: (take: (file: File) => void) => take(file) } as never;
}

/** A folder whose reader gives its entries a few at a time, as browsers do. */
function folder(name: string, entries: FileSystemEntry[], atOnce = 2): FileSystemDirectoryEntry {
  const createReader = () => {
    let given = 0;
    return {
      readEntries: (take: (some: FileSystemEntry[]) => void) => take(entries.slice(given, (given += atOnce))),
    };
  };
  return { name, isFile: false, isDirectory: true, createReader } as never;
}

function drop(...entries: FileSystemEntry[]): DataTransfer {
  return { items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })), files: [] } as never;
}

describe("filesOf", () => {
  it("unfolds folders in folders, whatever their size", async () => {
    const inner = folder("b", [fileEntry("4.png"), fileEntry("5.png"), fileEntry("6.png")]);
    const files = await filesOf(drop(fileEntry("1.png"), folder("a", [fileEntry("2.png"), fileEntry("3.png"), inner])));
    expect(files.map((file) => file.name)).toEqual(["1.png", "2.png", "3.png", "4.png", "5.png", "6.png"]);
  });

  it("leaves out what systems hide in folders", async () => {
    const junk = [fileEntry(".DS_Store"), fileEntry("Thumbs.db"), folder("__MACOSX", [fileEntry("1.png")])];
    const files = await filesOf(drop(folder("a", [...junk, fileEntry("1.png")]), folder(".git", [fileEntry("x")])));
    expect(files.map((file) => file.name)).toEqual(["1.png"]);
  });

  it("says when a file can't be read", async () => {
    const gone = {
      name: "1.png",
      isFile: true,
      file: (_: unknown, fail: (error: Error) => void) => fail(new Error("gone")),
    };
    await expect(filesOf(drop(gone as never))).rejects.toThrow("gone");
  });
});

describe("isWanted", () => {
  it("looks at the folders of a picked folder too", () => {
    const file = new File(["x"], "1.png");
    Object.defineProperty(file, "webkitRelativePath", { value: "photos/.cache/1.png" });
    expect(isWanted(file)).toBe(false);
  });
});
