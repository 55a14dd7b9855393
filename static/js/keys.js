/** "/" leads to the search box from anywhere. */
const typing = (element) =>
  element instanceof HTMLElement && (element.isContentEditable || element.matches("input, textarea, select"));

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  event.preventDefault();
  const box = document.querySelector("[data-search-box]");
  if (box) {
    box.focus();
    box.select();
  } else {
    location.assign(document.querySelector(".brand").href);
  }
});
