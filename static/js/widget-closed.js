/** A chat that is not to be had: the page around it need not wait, and can close it. */
const tell = (what) => window.parent.postMessage({ youju: what }, "*");
const button = document.querySelector("[data-close]");

button.hidden = window.parent === window;
button.addEventListener("click", () => tell("close"));
document.addEventListener("keydown", (event) => event.key === "Escape" && tell("close"));
window.addEventListener("message", (event) => {
  if (event.source === window.parent && event.data?.youju === "focus") button.focus();
});
tell("ready");
