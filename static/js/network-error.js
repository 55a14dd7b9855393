/** Says so when htmx gets no answer or a refusal, and goes away with the next answer that works. */
const box = () => document.getElementById("network-error");

function show(kind) {
  for (const text of box().querySelectorAll("[data-when]")) text.hidden = text.dataset.when !== kind;
  box().hidden = false;
}

for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => show("away"));

document.addEventListener("htmx:responseError", (event) => {
  show(event.detail.xhr.status < 500 ? "stale" : "away");
});

document.addEventListener("htmx:afterOnLoad", (event) => {
  if (event.detail.successful) box().hidden = true;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-dismiss]");
  if (button) button.parentElement.hidden = true;
});
