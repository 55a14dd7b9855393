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
  const actions = row.querySelector("[data-actions]").cloneNode(true);
  menu.append(summary, actions);
  menu.addEventListener("toggle", () => {
    menu.classList.remove("flip");
    menu.classList.toggle("flip", actions.getBoundingClientRect().right > document.documentElement.clientWidth);
  });
  return menu;
}

/** The text by hand stands right above the place that it belongs to. */
function showNote() {
  const note = document.querySelector(".reading-main .edited-note");
  const block = text.querySelector("mark.passage")?.closest("section > *");
  if (note && block) block.before(note);
}

if (text) showNote();
if (text && rows.size) {
  let number = 0;
  for (const anchor of text.querySelectorAll('a.anchor[id^="p="]')) {
    number += 1;
    const row = rows.get(anchor.id.slice(2));
    if (row && !anchor.closest("pre, summary")) anchor.after(menuOf(row, number));
  }
}
