/** Says so when htmx gets no answer or a refusal, and goes away with the next answer that works. */
const box = () => document.getElementById("network-error");

function show(kind, words = "") {
  for (const text of box().querySelectorAll("[data-when]")) text.hidden = text.dataset.when !== kind;
  if (words) box().querySelector(`[data-when="${kind}"]`).textContent = words;
  box().hidden = false;
}

/** What the server itself says of its refusal. */
function told(xhr) {
  const type = xhr.getResponseHeader?.("Content-Type") ?? "";
  if (!type.startsWith("application/problem+json")) return "";
  try {
    return JSON.parse(xhr.responseText).detail;
  } catch {
    return "";
  }
}

for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => show("away"));

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  const words = told(xhr);
  if (words) show("told", words);
  else show(xhr.status < 500 ? "stale" : "away");
});

document.addEventListener("htmx:afterOnLoad", (event) => {
  if (event.detail.successful) box().hidden = true;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-dismiss]");
  if (button) button.parentElement.hidden = true;
});
