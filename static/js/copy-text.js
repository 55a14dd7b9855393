/** <copy-text> copies what its <code> holds; the button shows only where that works. */
class CopyText extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(this.querySelector("code").textContent);
      button.querySelector("span").textContent = this.dataset.done;
      this.dataset.copied = "";
    });
  }
}

customElements.define("copy-text", CopyText);
