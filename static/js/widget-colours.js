/** White or black, whichever can be read better on a colour "#rrggbb" (WCAG 2.2). */
export function onColour(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 ? "#ffffff" : "#000000";
}

export function paint(colour) {
  const { style } = document.documentElement;
  style.setProperty("--accent", colour);
  style.setProperty("--on-accent", onColour(colour));
}
