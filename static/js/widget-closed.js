/** A chat that is not to be had: the page around it need not wait, and can close it. */
window.parent.postMessage({ youju: "ready" }, "*");
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") window.parent.postMessage({ youju: "close" }, "*");
});
