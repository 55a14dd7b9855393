/** The preview beside a widget's form shows what is typed there before it is saved. */

const form = document.getElementById("widget-form");
const preview = document.getElementById("widget-preview");

function look() {
  const { name, accent, greeting, questions } = form.elements;
  const lines = questions.value.split("\n").map((line) => line.trim());
  return {
    name: name.value,
    accent: accent.value,
    greeting: greeting.value,
    questions: lines.filter(Boolean).slice(0, 4),
  };
}

function show() {
  preview.contentWindow.postMessage({ youju: "look", look: look() }, location.origin);
}

form.addEventListener("input", show);
preview.addEventListener("load", show);
