/**
 * <title-suggest data-url data-label>: titles that begin with what is typed, under the search box of the same
 * form (the combobox pattern of the ARIA practices). Without this file the box is a plain search box.
 */
const WAIT_MS = 160;
const REMEMBERED = 50;
/** One character of these says as much as two letters. */
const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

class TitleSuggest extends HTMLElement {
  #known = new Map();
  #asking = null;
  #timer = 0;
  #at = -1;

  connectedCallback() {
    this.box = this.closest("form").querySelector("[data-search-box]");
    this.list ??= this.#made();
    // A search field may not be a combobox, a text field may.
    this.box.type = "text";
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
    })) {
      this.box.setAttribute(name, value);
    }
    this.box.addEventListener("input", (event) => !event.isComposing && this.#soon());
    this.box.addEventListener("compositionend", () => this.#soon());
    // Before the list of results takes the arrow keys.
    this.box.addEventListener("keydown", (event) => this.#key(event), { capture: true });
    this.box.addEventListener("blur", () => this.#close());
    this.box.form.addEventListener("submit", () => this.#close());
    // The box keeps the focus while an option is clicked.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
  }

  #made() {
    const list = document.createElement("div");
    list.id = "title-list";
    list.role = "listbox";
    list.hidden = true;
    list.setAttribute("aria-label", this.dataset.label);
    this.append(list);
    return list;
  }

  #options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    const typed = this.box.value.trim();
    if (typed.length < (DENSE.test(typed) ? 1 : 2)) this.#close();
    else this.#timer = setTimeout(() => this.#ask(typed), WAIT_MS);
  }

  async #ask(typed) {
    const address = new URL(this.dataset.url, location.origin);
    address.searchParams.set("q", typed);
    for (const item of this.box.form.querySelectorAll("[name=c]:checked")) address.searchParams.append("c", item.value);
    const key = address.search;
    if (!this.#known.has(key)) {
      this.#asking = new AbortController();
      try {
        const answer = await fetch(address, { signal: this.#asking.signal });
        if (!answer.ok || answer.redirected) return this.#close();
        if (this.#known.size >= REMEMBERED) this.#known.clear();
        this.#known.set(key, await answer.text());
      } catch {
        return;
      }
    }
    if (typed === this.box.value.trim() && document.activeElement === this.box) this.#open(this.#known.get(key));
  }

  #open(html) {
    this.list.innerHTML = html;
    this.#at = -1;
    this.box.removeAttribute("aria-activedescendant");
    const found = this.#options().length > 0;
    this.list.hidden = !found;
    this.box.setAttribute("aria-expanded", String(found));
  }

  #close() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#open("");
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && this.#at < 0) return this.#close();
    if (this.list.hidden) return;
    const options = this.#options();
    if (event.key === "ArrowDown") this.#go((this.#at + 2) % (options.length + 1) - 1);
    else if (event.key === "ArrowUp") this.#go((this.#at + options.length + 1) % (options.length + 1) - 1);
    else if (event.key === "Escape") this.#close();
    else if (event.key === "Enter") options[this.#at].click();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /** -1 is the box itself. */
  #go(place) {
    this.#at = place;
    this.#options().forEach((option, at) => option.setAttribute("aria-selected", String(at === place)));
    const option = this.#options()[place];
    if (option) {
      this.box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      this.box.removeAttribute("aria-activedescendant");
    }
  }
}

customElements.define("title-suggest", TitleSuggest);
