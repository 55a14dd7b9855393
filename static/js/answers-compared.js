/** When an answer that is compared is complete, the page shows both so that one can be chosen. */
document.addEventListener("answer:shown", () => location.reload());
