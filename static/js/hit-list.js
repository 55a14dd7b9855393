/** <hit-list>: arrow keys walk through the results, and the "why" switch keeps its state. */
const KEY = "youju-why";

class HitList extends HTMLElement {
  connectedCallback() {
    this.box = document.querySelector("[data-search-box]");
    this.addEventListener("keydown", (event) => this.#walk(event));
    this.box.addEventListener("keydown", (event) => this.#walk(event));
    this.addEventListener("change", (event) => {
      if (event.target.matches("[data-why]")) this.#why(event.target.checked);
    });
    this.addEventListener("htmx:afterSwap", () => {
      this.#restore();
      this.#announce();
    });
    this.box.form.addEventListener("htmx:configRequest", (event) => this.#trim(event.detail.parameters));
    this.#restore();
  }

  /** An address to pass on names only what was set. */
  #trim(parameters) {
    for (const [key, unset] of Object.entries({ after: "", before: "", site: "", sort: "relevance" }))
      if (parameters[key] === unset) delete parameters[key];
  }

  #links() {
    return [...this.querySelectorAll(".hit-link")].filter((link) => link.checkVisibility());
  }

  #walk(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = this.#links();
    const at = links.indexOf(document.activeElement);
    if (at < 0 && document.activeElement !== this.box) return;
    const next = at + (event.key === "ArrowDown" ? 1 : -1);
    if (next >= links.length || (at < 0 && next < 0)) return;
    event.preventDefault();
    const target = next < 0 ? this.box : links[next];
    target.focus();
    target.closest(".hit, .search-form").scrollIntoView({ block: "nearest" });
  }

  #why(shown) {
    this.toggleAttribute("data-why", shown);
    localStorage.setItem(KEY, shown ? "1" : "");
  }

  /** A screen reader hears how many were found, once. */
  #announce() {
    const line = this.querySelector("[data-status], .empty h2");
    document.getElementById("announce").textContent = line?.textContent ?? "";
  }

  #restore() {
    const box = this.querySelector("[data-why]");
    const shown = localStorage.getItem(KEY) === "1";
    if (box) box.checked = shown;
    this.toggleAttribute("data-why", shown);
    const query = this.box.value.trim();
    const name = document.title.split(" · ").slice(-2).join(" · ");
    document.title = query ? `${query.slice(0, 60)} · ${name}` : name;
  }
}

customElements.define("hit-list", HitList);
