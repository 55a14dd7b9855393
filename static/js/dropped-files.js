function read(directory) {
  const reader = directory.createReader();
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

async function* walk(entry) {
  if (entry.isFile) {
    yield await new Promise((resolve, reject) => entry.file(resolve, reject));
    return;
  }
  for (const child of await read(entry)) if (!child.name.startsWith(".")) yield* walk(child);
}

/** The files of a drop, those inside dropped folders included. */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const files = [];
  for (const entry of entries) for await (const file of walk(entry)) files.push(file);
  return files;
}
