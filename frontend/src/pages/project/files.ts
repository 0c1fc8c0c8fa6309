// The files in a drop, folders unfolded.

const JUNK = /^(\.|__MACOSX$|Thumbs\.db$|desktop\.ini$)/i;

/** Whether a file is worth sending: what systems hide in folders is not. */
export function isWanted(file: File): boolean {
  return !JUNK.test(file.name) && !file.webkitRelativePath.split("/").some((part) => JUNK.test(part));
}

/** All files of a drop. The entries must be taken at once: a DataTransfer is empty after the event. */
export async function filesOf(transfer: DataTransfer): Promise<File[]> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return Array.from(transfer.files).filter(isWanted);
  const found: File[] = [];
  for (const entry of entries) await unfold(entry, found);
  return found.filter(isWanted);
}

async function unfold(entry: FileSystemEntry, found: File[]): Promise<void> {
  if (JUNK.test(entry.name)) return;
  if (entry.isFile) {
    found.push(await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)));
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader gives a hundred at a time, and an empty list at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const one of some) await unfold(one, found);
  }
}
