/**
 * Other versions of a question or an answer appear in place, at an address of their own; an earlier question
 * is edited where it stands. Without us, versions are links and the form leads to a new page.
 */
import { replaceTurn, showNewest, tellTabs } from "./chat-tabs.js";
import { tell } from "./chat-refusals.js";
import { csrfToken } from "./csrf.js";

const PARTS = ["#turns", "[data-branch]"];
const turns = document.getElementById("turns");

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-version]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  show(link);
});

/** The control that was pressed stays under the pointer, and keeps the focus. */
async function show(link) {
  const { version } = link.dataset;
  const top = link.getBoundingClientRect().top;
  const page = await fetched(link.href);
  if (!page) return location.assign(link.href);
  swap(page);
  history.pushState(null, "", link.href);
  const same = document.querySelector(`[data-version="${version}"]`);
  const place = same ?? document.getElementById(new URL(link.href).hash.slice(1))?.querySelector("[data-version]");
  if (!place) return;
  window.scrollBy({ top: place.getBoundingClientRect().top - top, behavior: "instant" });
  place.focus({ preventScroll: true });
}

export async function fetched(address) {
  const response = await fetch(address).catch(() => null);
  if (!response?.ok || response.redirected) return null;
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

export function swap(page) {
  const [shown, branch] = PARTS.map((part) => page.querySelector(part));
  turns.replaceChildren(...shown.children);
  for (const name of ["state", "folded", "later", "last"]) turns.dataset[name] = shown.dataset[name];
  document.querySelector(PARTS[1])?.replaceWith(branch);
  document.dispatchEvent(new CustomEvent("answer:shown"));
}

/** Back and forward lead to other branches; a place on the page is none. */
window.addEventListener("popstate", () => {
  const named = new URL(turns.dataset.state, location.href).searchParams.get("m");
  if (named !== new URLSearchParams(location.search).get("m")) location.reload();
});

/** The field grows with its words, Enter asks, Escape leaves everything as it was. */
document.addEventListener(
  "toggle",
  (event) => {
    const box = event.target;
    if (box.matches?.(".rename[open]")) box.querySelector("#title").select();
    if (!box.matches?.(".question-edit") || !box.open) return;
    const field = box.querySelector("textarea");
    box.querySelector("[data-cancel]").hidden = false;
    grow(field);
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  },
  true,
);

document.addEventListener("input", (event) => event.target.matches(".question-edit textarea") && grow(event.target));

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-cancel]")) close(event.target.closest(".question-edit"));
});

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.(".question-edit[open]");
  if (!box || event.isComposing || event.keyCode === 229) return;
  if (event.key === "Escape") close(box);
  if (event.key !== "Enter" || event.shiftKey || !event.target.matches("textarea")) return;
  event.preventDefault();
  if (event.target.value.trim()) event.target.form.requestSubmit();
});

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-edit]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button:not([type])");
  button.disabled = true;
  const answer = await posted(form);
  button.disabled = false;
  if (answer?.error) tell(form.querySelector("[data-error]"), answer);
  if (!answer?.html) return;
  replaceTurn(form.closest(".turn"), answer.html).scrollIntoView({ block: "start" });
  showNewest();
  tellTabs();
  document.getElementById("question")?.focus({ preventScroll: true });
});

async function posted(form) {
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  const response = await fetch(form.action, { method: "POST", body: new FormData(form), headers }).catch(() => null);
  const answer = await response?.json().catch(() => null);
  if (!response) document.dispatchEvent(new CustomEvent("htmx:sendError"));
  else if (!answer) tellStale(response);
  return answer;
}

/** Who is signed out reads so; what was typed stays in its field. */
function tellStale({ redirected, status }) {
  const detail = { xhr: { status: redirected ? 401 : status } };
  document.dispatchEvent(new CustomEvent("htmx:responseError", { detail }));
}

function close(box) {
  box.open = false;
  box.querySelector("form").reset();
  box.querySelector("[data-error]").textContent = "";
  box.querySelector("summary").focus();
}

function grow(field) {
  field.style.blockSize = "auto";
  field.style.blockSize = `${Math.min(field.scrollHeight + 2, window.innerHeight * 0.4)}px`;
}
