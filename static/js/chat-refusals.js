/**
 * Words beside a field or a button that say why something was not taken. They go when what they say is over:
 * when somebody types again, and, where an answer was still being written, when it is complete.
 */
const STILL_WRITING = "still_writing";

export function tell(line, { error, code }) {
  line.textContent = error;
  line.dataset.refused = code ?? "";
}

function clear(line) {
  line.textContent = "";
  delete line.dataset.refused;
}

document.addEventListener("input", (event) => {
  const line = event.target.closest("form")?.querySelector("[data-error][data-refused]");
  if (line) clear(line);
});

document.addEventListener("answer:shown", () => {
  if (document.querySelector("answer-stream")) return;
  document.querySelectorAll(`[data-refused="${STILL_WRITING}"]`).forEach(clear);
});
