/**
 * <bulk-select>: tick all, a count of what is ticked, and ticks and focus that outlive a refresh of
 * the list.
 */
class BulkSelect extends HTMLElement {
  #ticked = new Set();
  #row = -1;

  connectedCallback() {
    this.classList.add("live");
    this.addEventListener("change", (event) => this.#change(event.target));
    this.addEventListener("htmx:beforeSwap", () => this.#remember());
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

  #remember() {
    const row = this.contains(document.activeElement) && document.activeElement.closest("tbody tr");
    this.#row = row ? row.rowIndex - 1 : -1;
  }

  #restore() {
    for (const box of this.#boxes) box.checked = this.#ticked.has(box.value);
    this.#ticked = new Set(this.#boxes.filter((box) => box.checked).map((box) => box.value));
    this.#show();
    if (this.#row >= 0 && document.activeElement === document.body) this.#focusNear(this.#row);
    this.#row = -1;
  }

  /** The row that had the focus may be gone: the one in its place takes it. */
  #focusNear(index) {
    const rows = this.querySelectorAll("tbody tr");
    const row = rows[Math.min(index, rows.length - 1)];
    (row?.querySelector(".row-actions button") ?? this.querySelector("#filter-text"))?.focus();
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
    const label = bar.querySelector("[data-bulk-count]");
    label.textContent = count ? `${label.dataset.text} ${count}` : "";
  }
}

customElements.define("bulk-select", BulkSelect);
