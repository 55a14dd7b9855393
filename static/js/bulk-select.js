/** <bulk-select>: tick all, a count of what is ticked, and ticks that outlive a refresh of the list. */
class BulkSelect extends HTMLElement {
  #ticked = new Set();

  connectedCallback() {
    this.addEventListener("change", (event) => this.#change(event.target));
    this.addEventListener("htmx:afterSettle", () => this.#restore());
    this.#restore();
  }

  get #boxes() {
    return [...this.querySelectorAll('input[name="ids"]')];
  }

  #change(target) {
    if (target.matches("[data-tick-all]")) for (const box of this.#boxes) box.checked = target.checked;
    else if (target.name !== "ids") return;
    this.#ticked = new Set(this.#boxes.filter((box) => box.checked).map((box) => box.value));
    this.#show();
  }

  #restore() {
    for (const box of this.#boxes) box.checked = this.#ticked.has(box.value);
    this.#ticked = new Set(this.#boxes.filter((box) => box.checked).map((box) => box.value));
    this.#show();
  }

  #show() {
    const bar = this.querySelector("[data-bulk-bar]");
    if (!bar) return;
    const count = this.#ticked.size;
    const all = this.querySelector("[data-tick-all]");
    all.hidden = false;
    all.checked = count > 0 && count === this.#boxes.length;
    all.indeterminate = count > 0 && !all.checked;
    bar.classList.toggle("idle", count === 0);
    for (const button of bar.querySelectorAll("button")) button.disabled = count === 0;
    const label = bar.querySelector("[data-bulk-count]");
    label.textContent = count ? `${label.dataset.text} ${count}` : "";
  }
}

customElements.define("bulk-select", BulkSelect);
