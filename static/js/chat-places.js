/**
 * A conversation opens where it ended. What came before its last turns is brought in on demand, with what is
 * being read left where it is. Without us, it opens at its top and the earlier turns are on a page of their own.
 */
import { fetched, swap } from "./chat-branches.js";

const turns = document.getElementById("turns");

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-earlier]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  // A question that is being edited would be lost.
  if (turns.querySelector(".question-edit[open]")) return location.assign(link.href);
  const { id } = turns.querySelector(".turn");
  const top = document.getElementById(id).getBoundingClientRect().top;
  link.setAttribute("aria-busy", "true");
  const page = await fetched(link.href);
  if (!page) return location.assign(link.href);
  swap(page);
  const same = document.getElementById(id);
  window.scrollBy({ top: same.getBoundingClientRect().top - top, behavior: "instant" });
  same.querySelector("summary, a, button")?.focus({ preventScroll: true });
});

const opened = performance.getEntriesByType("navigation")[0]?.type;
if (turns && opened === "navigate" && !location.hash) {
  const last = turns.querySelector(".turn:nth-last-of-type(1):not(:first-of-type)");
  last?.scrollIntoView({ block: "start", behavior: "instant" });
}
