// The Markdown editor: toolbar, keys, live preview. The textarea works without it. Pictures: images.js; names, tags and
// citations: complete.js. They find what changes the text at the field itself (`area.scs`), where hosts find it, too.
const CSRF = () => document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
const MARKS = {
  bold: { before: "**", after: "**" },
  italic: { before: "*", after: "*" },
  link: { before: "[", after: "](https://)" },
  cite: { before: "[@", after: "]" },
  code: { before: "`", after: "`", lines: ["```\n", "\n```"] },
  quote: { line: () => "> ", marked: /^> ?/ },
  list: { line: () => "- ", marked: /^[-*+] / },
  numbers: { line: (n) => `${n + 1}. `, marked: /^\d{1,9}[.)] / },
};
const KEYS = { KeyB: "bold", KeyI: "italic", KeyK: "link" };
const SHIFTED = { Digit7: "numbers", Digit8: "list", Digit9: "quote" };
const FENCE = /^ {0,3}(?:> ?)*(`{3,}|~{3,})/;
// Quotes and an item, or one of the two: what the next line begins with as well.
const ITEM = /^([ \t]*(?:> ?)*)(?:([-*+]|(\d{1,9})([.)]))([ \t]+)(\[[ xX]\][ \t]+)?)?/;

function insert(area, text, from = area.selectionStart, to = area.selectionEnd) {
  // execCommand keeps the browser's own undo; where it is gone, the range is replaced directly.
  area.focus();
  area.setSelectionRange(from, to);
  if (text ? document.execCommand?.("insertText", false, text) : from === to || document.execCommand?.("delete")) return;
  area.setRangeText(text, from, to, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function replace(area, from, to, text) {
  // While somebody goes on typing: the caret stays where it is, and the focus, too.
  if (document.activeElement !== area) {
    area.setRangeText(text, from, to, "preserve");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    return;
  }
  const moved = (at) => (at <= from ? at : at >= to ? at + text.length - (to - from) : from + text.length);
  const [start, end] = [moved(area.selectionStart), moved(area.selectionEnd)];
  insert(area, text, from, to);
  area.setSelectionRange(start, end);
}

function inCode(value, at) {
  const lines = value.slice(0, at).split("\n");
  const last = lines.pop();
  let open = null;
  for (const line of lines) {
    const fence = FENCE.exec(line)?.[1];
    if (fence && !open) open = fence;
    else if (fence && fence[0] === open[0] && fence.length >= open.length) open = null;
  }
  return open !== null || (last.match(/`+/g) ?? []).length % 2 === 1;
}

function mark(area, name) {
  const { before, after, line, marked, lines } = MARKS[name];
  let { selectionStart: from, selectionEnd: to, value } = area;
  if (line) {
    from = value.lastIndexOf("\n", from - 1) + 1;
    const texts = value.slice(from, to).split("\n");
    // Marked already, it is taken off again.
    const off = texts.every((text) => marked.test(text));
    insert(area, texts.map((text, n) => (off ? text.replace(marked, "") : line(n) + text)).join("\n"), from, to);
    return;
  }
  const chosen = value.slice(from, to);
  const [open, close] = lines && chosen.includes("\n") ? lines : [before, after];
  insert(area, open + chosen + close, from, to);
  const start = from + open.length;
  area.setSelectionRange(start, start + chosen.length);
  if (name === "cite") area.dispatchEvent(new Event("input", { bubbles: true })); // complete.js offers keys
}

function goOn(area, event) {
  // A list or a quote goes on with the next line; an item with nothing in it ends it.
  const { selectionStart: at, selectionEnd: end, value } = area;
  const start = value.lastIndexOf("\n", at - 1) + 1;
  const [whole, quotes, item, number, sign, space, box] = ITEM.exec(value.slice(start));
  if (at !== end || at < start + whole.length || !(item || quotes.trim()) || inCode(value, start)) return;
  event.preventDefault();
  const rest = value.slice(start + whole.length).split("\n", 1)[0];
  if (!rest.trim()) insert(area, item ? quotes : "", start, at);
  else insert(area, `\n${quotes}${item ? (number ? Number(number) + 1 + sign : item) + space + (box ? "[ ] " : "") : ""}`);
}

function setUpTools(tools, area) {
  // One stop of Tab, and arrows within, as toolbars have it.
  const buttons = [...tools.querySelectorAll("button")];
  const stop = (chosen) => buttons.forEach((button) => { button.tabIndex = button === chosen ? 0 : -1; });
  stop(buttons[0]);
  tools.hidden = false;
  tools.addEventListener("focusin", (event) => stop(event.target));
  tools.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const step = getComputedStyle(tools).direction === "rtl" ? -1 : 1;
    const to = { ArrowRight: at + step, ArrowLeft: at - step, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    buttons[(to + buttons.length) % buttons.length].focus();
  });
  tools.addEventListener("click", (event) => {
    const name = event.target.closest("[data-mark]")?.dataset.mark;
    if (name in MARKS) mark(area, name);
  });
  area.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const { code, ctrlKey, metaKey, altKey, shiftKey } = event;
    if (event.key === "Enter" && !(ctrlKey || metaKey || altKey || shiftKey)) { goOn(area, event); return; }
    if (!(ctrlKey || metaKey) || altKey) return;
    if (event.key === "Enter") { event.preventDefault(); area.form?.requestSubmit(); return; }
    // By the letter where it is one, so that it is where the keyboard has it; digits by their place, for Shift changes them.
    const name = shiftKey ? SHIFTED[code] : KEYS[`Key${event.key.toUpperCase()}`];
    if (name) { event.preventDefault(); mark(area, name); }
  });
}

function setUpPreview(editor, area) {
  const target = editor.querySelector("[data-scs-preview]");
  const says = editor.querySelector("[data-scs-says]");
  const failed = editor.dataset.words;
  editor.querySelector(".scs-preview").hidden = false;
  // The button asks the server for what the pane now shows by itself.
  for (const button of area.form?.querySelectorAll("button[name=preview]") ?? []) button.hidden = true;

  // The last text wins, and an unchanged one is not asked for again.
  let timer = 0;
  let shown = null;
  let running = null;
  let complained = false; // what others said there stays
  const complain = (words) => { says.textContent = words; says.toggleAttribute("data-refused", true); complained = true; };
  async function preview() {
    const text = area.value;
    if (text === shown) return;
    if (!text.trim()) { running?.abort(); target.replaceChildren(); shown = text; return; }
    running?.abort();
    running = new AbortController();
    const body = new FormData();
    body.set("content", text);
    if (editor.dataset.series) body.set("series", editor.dataset.series);
    if (editor.dataset.profile) body.set("profile", editor.dataset.profile);
    if (area.scs.thread) body.set("thread", area.scs.thread);
    try {
      const answer = await fetch(editor.dataset.previewUrl, {
        method: "POST", body, signal: running.signal, headers: { "X-CSRFToken": CSRF() },
      });
      const content = await answer.text();
      if (!answer.ok) { complain(answer.status < 500 ? content.slice(0, 300) : failed); return; }
      // Safe by the server's sanitiser: the very HTML that a post shows.
      target.innerHTML = content;
      if (complained) { says.textContent = ""; says.removeAttribute("data-refused"); }
      complained = false;
      shown = text;
    } catch (error) {
      if (error.name !== "AbortError") complain(failed);
    }
  }
  area.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(preview, 400); });
  preview();
}

for (const editor of document.querySelectorAll("[data-scs-editor]")) {
  const area = editor.querySelector("textarea");
  area.scs = {
    insert: (...of) => insert(area, ...of),
    replace: (...of) => replace(area, ...of),
    inCode: () => inCode(area.value, area.selectionStart),
    thread: /\/threads\/(\d+)\//.exec(area.form?.action ?? "")?.[1] ?? "",
  };
  setUpTools(editor.querySelector(".scs-tools"), area);
  setUpPreview(editor, area);
}
