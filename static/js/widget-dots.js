/** The colour of each widget in the list. */
for (const dot of document.querySelectorAll(".widget-dot")) dot.style.backgroundColor = dot.dataset.accent;
