/** Feedback below answers without a new page: thumbs, what may be said besides, and taking it back. */
import { csrfToken } from "./csrf.js";

document.addEventListener("submit", async (event) => {
  const form = event.target.closest?.("[data-feedback]");
  if (!form || event.defaultPrevented) return;
  event.preventDefault();
  const block = form.closest(".feedback");
  const button = event.submitter;
  const error = block.querySelector("[data-feedback-error]");
  error.textContent = "";
  const answer = await posted(button?.getAttribute("formaction") ?? form.action, new FormData(form, button));
  if (answer?.html) show(block, answer.html, button);
  else if (answer?.error) error.textContent = answer.error;
});

async function posted(address, data) {
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  const response = await fetch(address, { method: "POST", body: data, headers }).catch(() => null);
  const answer = response && !response.redirected ? await response.json().catch(() => null) : null;
  if (!response) document.dispatchEvent(new CustomEvent("htmx:sendError"));
  else if (!answer) tellStale(response);
  return answer;
}

/** Who is signed out reads so; what was typed stays in its fields. */
function tellStale({ redirected, status }) {
  const detail = { xhr: { status: redirected ? 401 : status } };
  document.dispatchEvent(new CustomEvent("htmx:responseError", { detail }));
}

/** Puts the server's HTML in place; the keyboard stays where it was, or goes to what can be said now. */
function show(block, html, button) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const fresh = holder.content.firstElementChild;
  if (button?.name === "thumb") carry(block, fresh);
  block.replaceWith(fresh);
  offer(fresh);
  const same = button?.name === "thumb" && fresh.querySelector(`button[value="${button.value}"]`);
  (same || fresh.querySelector("summary") || fresh.querySelector("button")).focus({ preventScroll: true });
  const status = fresh.querySelector("[role=status]");
  const place = document.getElementById("announce");
  if (place && status) place.textContent = status.textContent;
}

/** What was typed and ticked, and is not stored yet, stays when the thumb is turned. */
function carry(block, fresh) {
  for (const old of block.querySelectorAll(".feedback-details :is(input, textarea)")) {
    const same = old.id && fresh.querySelector(`#${CSS.escape(old.id)}`);
    if (!same || same.value === undefined) continue;
    if (old.matches("textarea")) same.value = old.value;
    else if (same.value === old.value) same.checked = old.checked;
  }
}

/** The button that copies the answer's text shows only where it works. */
function offer(part) {
  for (const line of part.querySelectorAll("[data-offer-answer]")) line.hidden = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-take-answer]");
  if (!button) return;
  const field = document.getElementById(button.dataset.takeAnswer);
  field.value ||= button.closest("form").querySelector("[data-answer-text]").value;
  field.rows = 8;
  field.focus();
});

document.addEventListener("answer:shown", () => offer(document));
offer(document);
