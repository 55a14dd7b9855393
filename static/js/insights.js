/** The pages of insights: a finished result is told to screen readers once, and its text can be copied. */
document.body.addEventListener("insight:done", (event) => {
  const place = document.getElementById("announce");
  if (place) place.textContent = event.detail.words;
});

/** <copy-insight> copies what its <template> holds; the button shows only where that works. */
class CopyInsight extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(this.querySelector("template").content.textContent);
      button.querySelector("span").textContent = this.dataset.done;
    });
  }
}

customElements.define("copy-insight", CopyInsight);
