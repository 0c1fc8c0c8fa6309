import { describe, expect, it } from "vitest";

import { filesOf, picked } from "./files";

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
    const paths = ["1.png", "a/2.png", "a/3.png", "a/b/4.png", "a/b/5.png", "a/b/6.png"];
    expect(files.map((found) => found.path)).toEqual(paths);
    expect(files.map((found) => found.file.name)).toEqual(paths.map((path) => path.split("/").at(-1)));
  });

  it("leaves out what systems hide in folders", async () => {
    const junk = [fileEntry(".DS_Store"), fileEntry("Thumbs.db"), folder("__MACOSX", [fileEntry("1.png")])];
    const files = await filesOf(drop(folder("a", [...junk, fileEntry("1.png")]), folder(".git", [fileEntry("x")])));
    expect(files.map((found) => found.path)).toEqual(["a/1.png"]);
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

describe("picked", () => {
  function file(name: string, path: string): File {
    const made = new File(["x"], name);
    Object.defineProperty(made, "webkitRelativePath", { value: path });
    return made;
  }

  it("keeps where a file lay in a picked folder", () => {
    const found = picked([file("a.jpg", "photos/street/a.jpg"), file("a.jpg", "photos/park/a.jpg"), file("b.jpg", "")]);
    expect(found.map((one) => one.path)).toEqual(["photos/street/a.jpg", "photos/park/a.jpg", "b.jpg"]);
  });

  it("looks at the folders of a picked folder too", () => {
    expect(picked([file("1.png", "photos/.cache/1.png")])).toEqual([]);
  });
});
