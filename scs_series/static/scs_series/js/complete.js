// `@na`, `#ta` and `[@ke` are offered their ends while they are typed: a list of options under the caret, walked by arrows,
// taken by Enter, Tab or pointer. A textarea stays one: it says which option is meant, and a status how many there are.
const WORD = "[\\p{L}\\p{N}\\p{M}_-]";
// Where the server finds names: at the edge of a word, or behind Chinese and Japanese.
const NAME = new RegExp(`(?:(?<![\\p{L}\\p{N}\\p{M}_@#.,/&=\\\\[-])|(?<=[\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}]))([@#])(${WORD}{0,150})$`, "u");
const CITED = /\[(?:[^[\]\n]*[\s;-])?@([\p{L}\p{N}\p{M}_:.$&+<>~-]{0,100})$/u;
const WAIT = 120;
const MIRRORED = [
  "direction", "fontFamily", "fontSize", "fontWeight", "fontStyle", "letterSpacing", "lineHeight", "tabSize", "textIndent",
  "paddingTop", "paddingRight", "paddingBottom", "paddingLeft", "borderTopWidth", "borderRightWidth", "borderBottomWidth",
  "borderLeftWidth", "boxSizing", "width",
];

/** Where in the field the line is that `text` ends in, and how far along it. */
function placeOf(area, text) {
  const mirror = document.createElement("div");
  const style = getComputedStyle(area);
  for (const name of MIRRORED) mirror.style[name] = style[name];
  Object.assign(mirror.style, { position: "absolute", top: "0", left: "0", visibility: "hidden", whiteSpace: "pre-wrap", overflowWrap: "break-word", borderStyle: "solid" });
  const mark = Object.assign(document.createElement("span"), { textContent: "\u200b" });
  mirror.append(text, mark);
  area.after(mirror);
  const top = mark.offsetTop - area.scrollTop;
  const place = { left: mark.offsetLeft, top, bottom: top + mark.offsetHeight };
  mirror.remove();
  return place;
}

function setUp(editor, number) {
  const area = editor.querySelector("textarea");
  const [title, one, many] = editor.dataset.completeWords.split("|");
  const list = Object.assign(document.createElement("ul"), { id: `scs-options-${number}`, className: "scs-options", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", title);
  const status = Object.assign(document.createElement("p"), { className: "scs-vh" });
  status.setAttribute("role", "status");
  area.after(list, status);
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-haspopup", "listbox");

  let options = [];
  let chosen = 0;
  let found = null; // what is typed: its kind, from where, and how far
  let timer = 0;
  let running = null;
  let taking = false;

  function typed() {
    const { selectionStart: at, selectionEnd: end, value } = area;
    if (at !== end || document.activeElement !== area) return null;
    const before = value.slice(value.lastIndexOf("\n", at - 1) + 1, at);
    const cited = editor.dataset.series ? CITED.exec(before) : null;
    const name = cited ? null : NAME.exec(before);
    if (!(cited || name) || area.scs.inCode()) return null;
    const q = cited ? cited[1] : name[2];
    const kind = cited ? "source" : name[1] === "@" ? "name" : "tag";
    // A bare # begins a heading, and numbers are posts.
    if (kind === "tag" && /^\d*$/.test(q)) return null;
    return { kind, q, from: at - q.length - 1, at };
  }

  function close() {
    clearTimeout(timer);
    running?.abort();
    found = null;
    hide();
  }
  function hide() {
    if (list.hidden) return;
    list.hidden = true;
    list.replaceChildren();
    options = [];
    status.textContent = "";
    area.removeAttribute("aria-controls");
    area.removeAttribute("aria-activedescendant");
  }
  function choose(n) {
    list.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = (n + options.length) % options.length;
    const option = list.children[chosen];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    area.setAttribute("aria-activedescendant", option.id);
  }
  function show() {
    list.replaceChildren(...options.map(({ label, detail }, n) => {
      const option = Object.assign(document.createElement("li"), { id: `${list.id}-${n}`, className: "scs-option" });
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.append(Object.assign(document.createElement("bdi"), { textContent: label }));
      if (detail) option.append(" ", Object.assign(document.createElement("bdi"), { className: "scs-quiet", textContent: detail }));
      return option;
    }));
    list.hidden = false;
    const { left, top, bottom } = placeOf(area, area.value.slice(0, found.from + 1));
    const room = list.offsetParent?.clientWidth ?? area.clientWidth;
    list.style.left = `${Math.max(0, Math.min(left, room - list.offsetWidth))}px`;
    const under = Math.max(0, Math.min(bottom, area.offsetHeight)) + 4;
    list.style.top = `${under}px`;
    // Where the window ends before the list does, it stands above the line.
    const end = list.getBoundingClientRect().bottom;
    const over = top - list.offsetHeight - 4;
    if (end > innerHeight && end - list.offsetHeight - under + over > 0) list.style.top = `${over}px`;
    area.setAttribute("aria-controls", list.id);
    choose(0);
    status.textContent = options.length === 1 ? one : many.replace("{n}", options.length);
  }

  function offer() {
    // Written out already: Enter is for the next line.
    const whole = area.value.slice(found.from, found.at);
    if (!options.length || (options.length === 1 && options[0].insert === whole)) hide();
    else show();
  }

  async function ask() {
    const { kind, q } = found;
    running = new AbortController();
    const { signal } = running;
    const query = new URLSearchParams({ kind, q, thread: area.scs.thread, series: editor.dataset.series ?? "" });
    let rows = [];
    try {
      const answer = await fetch(`${editor.dataset.completeUrl}?${query}`, { signal, headers: { Accept: "application/json" } });
      if (answer.ok) rows = (await answer.json()).completions;
    } catch { /* a list that does not come is not missed: the name can be typed */ }
    if (signal.aborted) return;
    options = rows;
    offer();
  }

  function take(n) {
    const { insert } = options[n];
    const { kind, from, at } = found;
    close();
    const next = area.value.slice(at, at + 1);
    const end = kind === "source" ? (/[\],;]/.test(next) ? "" : "]") : /\s/.test(next) ? "" : " ";
    taking = true;
    area.scs.insert(insert + end, from, at);
    taking = false;
  }

  area.addEventListener("input", () => {
    if (taking) return;
    clearTimeout(timer);
    running?.abort();
    const now = typed();
    if (!now) { close(); return; }
    if (found && (found.kind !== now.kind || found.from !== now.from)) close();
    found = now;
    if (!list.hidden) {
      // Until the answer comes, nothing can be taken that does not go on from what is typed.
      const begun = area.value.slice(now.from, now.at).toLowerCase();
      options = options.filter(({ insert }) => insert.toLowerCase().startsWith(begun));
      offer();
    }
    timer = setTimeout(ask, WAIT);
  });
  // Before the editor's own keys.
  area.addEventListener("keydown", (event) => {
    if (list.hidden) {
      if (["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "Escape", "Enter"].includes(event.key)) close();
      return;
    }
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const acts = {
      ArrowDown: () => choose(chosen + 1), ArrowUp: () => choose(chosen - 1),
      Enter: () => take(chosen), Tab: () => take(chosen), Escape: close,
    };
    if (["ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown"].includes(event.key)) close();
    if (!(event.key in acts)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    acts[event.key]();
  }, { capture: true });
  area.addEventListener("blur", close);
  area.addEventListener("pointerdown", close);
  // The focus stays in the text, or the list would close before it is pressed.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const n = [...list.children].indexOf(event.target.closest("li"));
    if (n >= 0) take(n);
  });
}

[...document.querySelectorAll("[data-scs-editor]")].forEach(setUp);
