/**
 * A conversation opens where it ended. What came before its last turns is brought in on demand, with what is
 * being read left where it is. Without us, it opens at its top and the earlier turns are on a page of their own.
 */
import { fetched, swap } from "./chat-branches.js";

const MOST = 1000;
const turns = document.getElementById("turns");

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[data-earlier], a[href^="#turn-"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  if (link.matches("[data-earlier]")) bring(event, link.href);
  else if (!document.querySelector(link.hash)) bring(event, everything(), link.hash);
});

/** Where the turn `hash` is wanted, the page goes there; else what is read stays where it is. */
async function bring(event, address, hash) {
  event.preventDefault();
  // A question that is being edited would be lost.
  if (turns.querySelector(".question-edit[open]")) return location.assign(address);
  const { id } = turns.querySelector(".turn");
  const top = document.getElementById(id).getBoundingClientRect().top;
  const page = await fetched(address);
  if (!page) return location.assign(address);
  swap(page);
  if (hash) return document.querySelector(hash)?.scrollIntoView({ block: "start", behavior: "instant" });
  const same = document.getElementById(id);
  window.scrollBy({ top: same.getBoundingClientRect().top - top, behavior: "instant" });
  same.querySelector("summary, a, button")?.focus({ preventScroll: true });
}

function everything() {
  const address = new URL(turns.querySelector("[data-earlier]").href);
  address.searchParams.set("shown", MOST);
  return address.href;
}

const opened = performance.getEntriesByType("navigation")[0]?.type;
if (turns && opened === "navigate" && !location.hash) {
  const last = turns.querySelector(".turn:nth-last-of-type(1):not(:first-of-type)");
  last?.scrollIntoView({ block: "start", behavior: "instant" });
}
