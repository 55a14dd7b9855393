/**
 * The bar above a document's text. All of it works as links and forms; here the current page follows the
 * scrolling, jumps within the text shown need no new page, and the switch for passages is remembered.
 */
const bar = document.querySelector("[data-reading-bar]");
const text = document.querySelector(".reading-text");
const frame = document.querySelector("iframe.original");
const go = bar?.querySelector("#go");
const KEY = "youju.show-passages";

function remembered() {
  const box = bar.querySelector("[data-show-passages]");
  try {
    box.checked = localStorage.getItem(KEY) === "1";
    box.addEventListener("change", () => localStorage.setItem(KEY, box.checked ? "1" : "0"));
  } catch {
    /* Without storage the switch is off on every page. */
  }
}

/** Shows place `number` as the current one: in the list, the arrows and the frame. */
function settle(number, { follow = true } = {}) {
  const last = go.max ? Number(go.max) : go.options.length;
  go.value = String(number);
  for (const arrow of bar.querySelectorAll("[data-step]")) {
    const target = number + Number(arrow.dataset.step);
    arrow.href = arrow.getAttribute("href").replace(/place=\d+/, `place=${target}`).replace(/#.*$/, `#place-${target}`);
    const off = target < 1 || target > last;
    arrow.classList.toggle("off", off);
    arrow.toggleAttribute("aria-disabled", off);
  }
  const compare = bar.querySelector("[data-compare]");
  if (compare) compare.href = compare.getAttribute("href").replace(/place=\d+/, `place=${number}`);
  if (frame && follow) turn(number);
}

/** Scrolls the frame itself: a fragment in its address would scroll this page too. */
function turn(number) {
  const page = text.querySelector(`[data-place="${number}"]`)?.dataset.page ?? frame.dataset.page;
  const figure = frame.contentDocument?.getElementById(`page-${page}`);
  if (figure) frame.contentWindow.scrollTo(0, figure.offsetTop - 8);
}

/** Whether place `number` is in the part that is shown; then it is scrolled to. */
function jump(number) {
  const section = text?.querySelector(`[data-place="${number}"]`);
  if (!section) return false;
  section.scrollIntoView({ block: "start" });
  section.tabIndex = -1;
  section.focus({ preventScroll: true });
  const address = new URL(location.href);
  address.searchParams.set("place", number);
  address.hash = `place-${number}`;
  for (const name of ["p", "at", "page", "part"]) address.searchParams.delete(name);
  history.replaceState(null, "", address);
  settle(number);
  return true;
}

function watchPlaces() {
  const sections = [...text.querySelectorAll("[data-place]")];
  let waiting = false;
  const look = () => {
    waiting = false;
    const line = Math.min(window.innerHeight / 3, 240);
    const above = sections.filter((section) => section.getBoundingClientRect().top <= line);
    const atEnd = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 2;
    const current = atEnd ? sections.at(-1) : (above.at(-1) ?? sections[0]);
    if (current && go.value !== current.dataset.place && document.activeElement !== go)
      settle(Number(current.dataset.place));
  };
  window.addEventListener("scroll", () => waiting || ((waiting = true), requestAnimationFrame(look)), { passive: true });
}

function places() {
  bar.classList.add("live");
  go.form.addEventListener("submit", (event) => jump(Number(go.value)) && event.preventDefault());
  go.addEventListener("change", () => go.form.requestSubmit());
  for (const arrow of bar.querySelectorAll("[data-step]"))
    arrow.addEventListener("click", (event) => {
      if (arrow.hasAttribute("aria-disabled")) event.preventDefault();
      else if (jump(Number(go.value) + Number(arrow.dataset.step))) event.preventDefault();
    });
  watchPlaces();
}

/** Steps to the next match where it is in the part that is shown. */
function matches() {
  const count = bar.querySelector("[data-find-count]");
  if (!count) return;
  const total = Number(count.dataset.count);
  const show = (number) => {
    const marks = text.querySelectorAll(`mark.found[data-id="${number}"]`);
    if (!marks.length) return false;
    for (const mark of text.querySelectorAll("mark.found.current")) mark.classList.remove("current");
    for (const mark of marks) mark.classList.add("current");
    marks[0].scrollIntoView({ block: "center" });
    count.dataset.number = number;
    count.querySelector("[data-find-number]").textContent = number;
    for (const arrow of bar.querySelectorAll("[data-find-step]")) {
      const target = ((number + Number(arrow.dataset.findStep) - 1 + total) % total) + 1;
      arrow.href = arrow.getAttribute("href").replace(/hit=\d+/, `hit=${target}`).replace(/#.*$/, `#found-${target}`);
    }
    return true;
  };
  for (const arrow of bar.querySelectorAll("[data-find-step]"))
    arrow.addEventListener("click", (event) => {
      const target = Number(new URL(arrow.href).searchParams.get("hit"));
      if (show(target)) event.preventDefault();
    });
  bar.querySelector("#find").form.addEventListener("submit", (event) => {
    const box = bar.querySelector("#find");
    if (box.value !== box.defaultValue) return;
    event.preventDefault();
    bar.querySelector('[data-find-step="1"]').click();
  });
  show(Number(count.dataset.number));
}

if (bar && text) {
  remembered();
  if (go) places();
  frame?.addEventListener("load", () => turn(Number(go?.value ?? 0)));
  if (frame?.contentDocument?.readyState === "complete") turn(Number(go?.value ?? 0));
  matches();
}
