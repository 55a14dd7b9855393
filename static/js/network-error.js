/** Says so when htmx gets no answer, and goes away with the next one that works. */
const box = () => document.getElementById("network-error");

for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    box().hidden = false;
  });
}

document.addEventListener("htmx:afterOnLoad", () => {
  box().hidden = true;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-dismiss]");
  if (button) button.parentElement.hidden = true;
});
