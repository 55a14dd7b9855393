function read(directory) {
  const reader = directory.createReader();
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

async function* walk(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    yield Object.assign(file, { pathInDrop: entry.fullPath.replace(/^\/+/, "") });
    return;
  }
  for (const child of await read(entry)) if (!child.name.startsWith(".")) yield* walk(child);
}

/** The files of a drop, those inside dropped folders included, each with its `pathInDrop`. */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const files = [];
  for (const entry of entries) for await (const file of walk(entry)) files.push(file);
  return files;
}
