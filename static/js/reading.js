/** The document page: `#p=<chunk>` is a stable address of a passage, whatever part it is in. */
const PREFIX = "#p=";
const text = document.querySelector(".reading-text");

function wanted() {
  return location.hash.startsWith(PREFIX) ? decodeURIComponent(location.hash.slice(PREFIX.length)) : "";
}

/** Opens the part with the passage where this page does not show it marked. */
function follow() {
  const chunk = wanted();
  if (!chunk || text?.dataset.opened === chunk) return false;
  const address = new URL(location.href);
  if (address.searchParams.get("p") === chunk) return false;
  address.search = `?p=${encodeURIComponent(chunk)}`;
  location.replace(address);
  return true;
}

function show() {
  const mark = text?.querySelector("mark.word") ?? text?.querySelector("mark.passage");
  if (!mark) return;
  mark.scrollIntoView({ block: "center" });
  mark.tabIndex = -1;
  mark.focus({ preventScroll: true });
}

window.addEventListener("hashchange", () => follow() || show());
if (!follow() && (wanted() || text?.dataset.opened)) show();
