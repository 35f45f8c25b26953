// Reactions are sent without leaving the page: shown at once, put right by the row that the server answers with, put
// back with a message where it refuses. Without this each button sends its form. Menus under posts close as menus do.
const NAMES = new Set(["say", "unsay"]);

function say(form, text) {
  let line = form.querySelector(".scs-acts-says");
  if (!line) {
    line = document.createElement("p");
    line.className = "scs-acts-says";
    line.setAttribute("role", "alert");
    form.append(line);
  }
  line.textContent = text;
}

// What it will look like if the server agrees.
function press(button, words) {
  const before = words.cloneNode(true);
  before.querySelector(".scs-say")?.removeAttribute("open");
  const pressed = button.name === "say";
  const count = button.querySelector("b");
  button.setAttribute("aria-pressed", String(pressed));
  button.name = pressed ? "unsay" : "say";
  count.textContent = String(Math.max(0, (Number(count.textContent) || 0) + (pressed ? 1 : -1)) || "");
  const menu = button.closest(".scs-say");
  if (menu) {
    words.insertBefore(button, menu);
    menu.open = false;
    button.focus();
  }
  return before;
}

function swap(form, words, fresh, value, hadFocus) {
  words.replaceWith(fresh);
  if (!hadFocus) return;
  const again = [...form.querySelectorAll(".scs-react")].find((one) => one.value === value);
  // A word that nobody says any more is back in the menu: focus goes to what opens it.
  (again?.closest(".scs-say:not([open])")?.querySelector("summary") ?? again)?.focus();
}

async function send(form, value) {
  const words = form.querySelector(".scs-reacts");
  const button = [...words.querySelectorAll("button.scs-react")].find((one) => one.value === value);
  if (!button) return;
  form.setAttribute("aria-busy", "true");
  form.querySelector(".scs-acts-says")?.remove();
  const { name } = button;
  const body = new FormData(form);
  body.set(name, value);
  const before = press(button, words);
  const hadFocus = () => words.contains(document.activeElement);
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    const told = await answer.json().catch(() => ({}));
    const row = told.row && new DOMParser().parseFromString(told.row, "text/html").querySelector(".scs-reacts");
    if (row) swap(form, words, row, value, hadFocus());
    else if (told.row !== undefined) words.replaceChildren();
    else throw new Error(told.detail ?? form.dataset.scsFailed);
  } catch (error) {
    swap(form, words, before, value, hadFocus());
    say(form, error instanceof TypeError ? form.dataset.scsFailed : error.message);
  } finally {
    form.removeAttribute("aria-busy");
  }
}

// One after the other: the second press of a word takes it back, however soon it comes.
const waiting = new WeakMap();

// On the document: posts that arrive later are heard too.
document.addEventListener("submit", (event) => {
  if (!NAMES.has(event.submitter?.name) || !event.target.matches(".scs-acts")) return;
  event.preventDefault();
  const form = event.target;
  const { value } = event.submitter;
  waiting.set(form, (waiting.get(form) ?? Promise.resolve()).then(() => send(form, value)));
});
document.addEventListener("click", ({ target }) => {
  for (const menu of document.querySelectorAll(".scs-acts .scs-more[open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.(".scs-acts .scs-more[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
