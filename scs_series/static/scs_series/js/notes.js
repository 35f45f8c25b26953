// The notes of a table stand in the margin beside it, from its head on. Each is moved down to the line that cites it.
// Without this they follow each other closely; narrow screens open a note in its place and need nothing.
const wide = matchMedia("(width >= 60rem)");

function place() {
  for (const list of document.querySelectorAll(".scs-prose--part .scs-notes")) {
    const notes = [...list.children];
    for (const note of notes) note.style.marginBlockStart = "";
    if (!wide.matches) continue;
    let moved = 0;
    const margins = notes.map((note) => {
      const mark = document.getElementById(note.id.replace(/n(\d+)$/, "r$1"));
      const before = moved;
      if (mark) moved = Math.max(moved, mark.getBoundingClientRect().top - note.getBoundingClientRect().top);
      return moved - before;
    });
    notes.forEach((note, index) => {
      if (margins[index] > 0) note.style.marginBlockStart = `calc(.28rem + ${Math.round(margins[index])}px)`;
    });
  }
}

let width = 0;
// Observed from the start, so this also places them for the first time; fonts that come later change heights only.
new ResizeObserver(([{ contentRect }]) => {
  if (contentRect.width !== width) place();
  width = contentRect.width;
}).observe(document.querySelector(".scs-prose--part"));
document.fonts.ready.then(place);
wide.addEventListener("change", place);
