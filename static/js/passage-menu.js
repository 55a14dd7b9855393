/** A small menu at the beginning of each passage in the reading view, with the actions of the list below. */
const text = document.querySelector(".reading-text");
const rows = new Map([...document.querySelectorAll("[data-passage]")].map((row) => [row.dataset.passage, row]));

function menuOf(row, number) {
  const menu = document.createElement("details");
  menu.className = "passage-menu";
  menu.dataset.menu = "";
  const summary = document.createElement("summary");
  summary.textContent = "⋯";
  const label = text.closest(".reading").querySelector("[data-menu-label]")?.dataset.menuLabel ?? "";
  summary.setAttribute("aria-label", `${label} ${number}`.trim());
  menu.append(summary, row.querySelector("[data-actions]").cloneNode(true));
  return menu;
}

if (text && rows.size) {
  let number = 0;
  for (const anchor of text.querySelectorAll('a.anchor[id^="p="]')) {
    number += 1;
    const row = rows.get(anchor.id.slice(2));
    if (row && !anchor.closest("pre, summary")) anchor.after(menuOf(row, number));
  }
}
