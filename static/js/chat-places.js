/**
 * A conversation opens where it ended, or at the message that its address names. The turns before and after
 * what is shown are brought in on demand, with what is being read left where it is. Without us, it opens at its
 * top and further turns are on pages of their own.
 */
import { fetched, swap } from "./chat-branches.js";

const turns = document.getElementById("turns");

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-more], a[data-to-turn]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  const place = link.matches("[data-to-turn]") && document.querySelector(link.hash);
  if (place) place.scrollIntoView({ block: "start" });
  else bring(link);
});

/** The place that is wanted comes into view; with more of the turns, what is read stays where it is. */
async function bring(link) {
  const address = new URL(link.href);
  const wanted = link.matches("[data-to-turn]") && link.hash;
  const kept = document.querySelector(link.hash) ?? turns.querySelector(".turn");
  if (wanted && Number(turns.dataset.later)) address.searchParams.set("to", lastNumber());
  // A question that is being edited would be lost.
  if (turns.querySelector(".question-edit[open]")) return location.assign(address);
  const { id } = kept;
  const top = kept.getBoundingClientRect().top;
  const page = await fetched(address);
  if (!page) return location.assign(address);
  swap(page);
  if (wanted) return document.querySelector(wanted)?.scrollIntoView({ block: "start", behavior: "instant" });
  const same = document.getElementById(id);
  window.scrollBy({ top: same.getBoundingClientRect().top - top, behavior: "instant" });
  same.querySelector("summary, a, button")?.focus({ preventScroll: true });
}

function lastNumber() {
  return [...turns.querySelectorAll(".turn")].at(-1).id.slice("turn-".length);
}

/** Where a form of this page leads back to it, what it tells stands at the top. */
function isBack() {
  const from = document.referrer ? new URL(document.referrer) : null;
  return from?.host === location.host && from.pathname.startsWith(turns.dataset.plain);
}

const opened = performance.getEntriesByType("navigation")[0]?.type;
if (turns && opened === "navigate" && !location.hash && !isBack()) {
  const named = document.getElementById(`m${new URLSearchParams(location.search).get("m")}`)?.closest(".turn");
  const last = turns.querySelector(".turn:nth-last-of-type(1):not(:first-of-type)");
  (named ?? last)?.scrollIntoView({ block: "start", behavior: "instant" });
}
