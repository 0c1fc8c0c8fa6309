// The files of a drop, with the contents of folders.

const JUNK = /^(\.|__MACOSX$|Thumbs\.db$|desktop\.ini$)/i;

/** A file and where it lay: `street/a.jpg` out of a folder, else its name. */
export interface Found {
  file: File;
  path: string;
}

/** Whether a file is worth sending: what systems hide in folders is not. */
function isWanted({ path }: Found): boolean {
  return !path.split("/").some((part) => JUNK.test(part));
}

/** The files of a picker. */
export function picked(files: Iterable<File>): Found[] {
  return Array.from(files, (file) => ({ file, path: file.webkitRelativePath || file.name })).filter(isWanted);
}

/** All files of a drop. The entries must be taken at once: a DataTransfer is empty after the event. */
export async function filesOf(transfer: DataTransfer): Promise<Found[]> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return picked(transfer.files);
  const found: Found[] = [];
  for (const entry of entries) await unfold(entry, "", found);
  return found.filter(isWanted);
}

async function unfold(entry: FileSystemEntry, folder: string, found: Found[]): Promise<void> {
  if (JUNK.test(entry.name)) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ file, path: folder + file.name });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader gives a hundred at a time, and an empty list at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const one of some) await unfold(one, `${folder}${entry.name}/`, found);
  }
}
