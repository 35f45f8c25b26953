// Quoting: a piece of a post that is selected goes into the answer, with who said it where. Where the answer is written at
// the foot of the thread, "Answer" and "Quote" begin it there; elsewhere they lead to its form, and the piece comes along.
const KEPT = "scs-quote";
const form = document.querySelector("form[data-scs-draft]");
const field = form?.elements.answers;
const area = field && form.elements.body;
const line = form?.querySelector("[data-scs-answers]"); // only in the form at the foot of a thread
const words = document.querySelector("script[data-scs-quote-word]")?.dataset.scsQuoteWord ?? "Quote";

// ---- Markdown of a piece: paragraphs, lists, quotes, emphasis, links and citations stay what they are; whatever else its
// words would mean as Markdown is taken from them
const SPECIAL = /[\\`*_[\]<>~|$]/g;
const STARTS = /^(\s*\d*)([#+=-]+|[.)])(?=\s|$)/gm;
const plain = (text) => text.replace(/\s+/g, " ").replace(SPECIAL, "\\$&");
const BLOCKS = "p, li, blockquote, pre, h1, h2, h3, h4, h5, h6, tr, dt, dd, figcaption, summary, div, ul, ol, table, section";
const MARKS = { STRONG: "**", B: "**", EM: "*", I: "*", DEL: "~~", S: "~~" };
const marked = (text, mark) => text.replace(/^(\s*)([^]*?)(\s*)$/, (_, before, core, after) => (core ? before + mark + core + mark + after : text));
function code(text) {
  const fence = "`".repeat(1 + Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)));
  return fence.length > 1 ? `${fence} ${text} ${fence}` : `${fence}${text}${fence}`;
}
// A mark of a citation leads to its source, and that to the page which has its key.
function citation(mark) {
  const source = document.getElementById(mark.getAttribute("href").slice(1))?.querySelector("a[href*='/sources/']");
  const key = source && decodeURIComponent(new URL(source.href).pathname.split("/").filter(Boolean).at(-1));
  return key ? ` [@${key}]` : "";
}
function within(node) {
  let text = "";
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) text += plain(child.data);
    if (child.nodeType !== Node.ELEMENT_NODE || child.matches(".scs-vh, .scs-fn, .scs-fn-back, .scs-notes, .scs-note")) continue;
    if (child.matches("br")) text += "\n";
    else if (child.matches(".scs-ref")) text += citation(child);
    else if (child.matches("a[href^=http]")) text += `[${within(child)}](<${child.href}>)`;
    else if (child.matches("code")) text += code(child.textContent.replace(/\s+/g, " "));
    else if (MARKS[child.tagName]) text += marked(within(child), MARKS[child.tagName]);
    else if (child.matches("img")) text += plain(child.alt);
    else if (child.matches("pre")) text += `\n\n\`\`\`\`\n${child.textContent.replace(/\n$/, "").replace(/`{4,}/g, "```")}\n\`\`\`\`\n\n`;
    else if (child.matches("blockquote")) text += `\n\n${prefixed(tidy(within(child)), "> ")}\n\n`;
    else if (child.matches("li")) text += `\n- ${tidy(within(child)).replace(/\n/g, "\n  ")}\n`;
    else if (child.matches("td, th")) text += ` ${within(child)} `;
    else if (child.matches(BLOCKS)) text += `\n\n${tidy(within(child)).replace(child.matches("ul, ol, div, section") ? /$^/ : STARTS, "$1\\$2")}\n\n`;
    else text += within(child);
  }
  return text;
}
const tidy = (text) => text.replace(/[ \t]+$/gm, "").replace(/\n{3,}/g, "\n\n").trim();
const prefixed = (text, mark) => text.split("\n").map((row) => (mark + row).trimEnd()).join("\n");

function quoteOf(article, fragment) {
  const said = tidy(within(fragment));
  const who = article.querySelector(".scs-post-head h3 a");
  const name = decodeURIComponent(new URL(who.href).pathname.split("/").filter(Boolean).at(-1));
  const author = /^former-member-\d/.test(name) ? who.textContent.trim() : `@${name}`;
  // As services/mentions.quote_of.
  return said && prefixed(`${said}\n\n— ${author}, #${numberOf(article)}`, "> ");
}
const numberOf = (article) => Number(/\d+$/.exec(article.id)?.[0]);

// ---- into the form, where one was typing last: what is selected elsewhere meanwhile moves what browsers call the caret
let caret = null;
for (const what of ["input", "keyup", "pointerup"]) area?.addEventListener(what, () => { caret = area.selectionEnd; });
function answer(number) {
  if (!field.value || !area.value.trim() || !line) {
    field.value = number;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
function insert(text) {
  const at = Math.min(caret ?? Infinity, area.value.length);
  const before = area.value.slice(0, at).trimEnd();
  const after = area.value.slice(at).trimStart();
  const now = `${before && `${before}\n\n`}${text}\n\n`;
  area.value = now + after;
  area.focus();
  area.setSelectionRange(now.length, now.length);
  area.dispatchEvent(new Event("input", { bubbles: true }));
}
function show() {
  if (!line) return;
  const number = field.value;
  line.hidden = !number;
  line.querySelector("[data-scs-number]").textContent = number;
  line.querySelector("a").href = number ? `?post=${number}` : "";
}
if (line) {
  const none = line.querySelector("[data-scs-no-answer]");
  none.hidden = false;
  none.addEventListener("click", () => {
    field.value = "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  });
  field.addEventListener("input", show);
  show();
}

// ---- on another page, by way of the session of this window
function carry(article, text) {
  const link = article.querySelector("a[data-scs-quote]");
  const url = new URL(link.href);
  url.searchParams.delete("quote");
  sessionStorage.setItem(KEPT, JSON.stringify({ path: url.pathname, text }));
  location.assign(url);
}
if (area && !line) {
  let kept = null;
  try { kept = JSON.parse(sessionStorage.getItem(KEPT)); } catch { /* not ours */ }
  sessionStorage.removeItem(KEPT);
  if (kept?.path === location.pathname && !area.value.includes(kept.text)) {
    insert(kept.text);
  }
}

// ---- the links of posts
const plainClick = (event) => !(event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.(".scs-post .scs-acts a[href*='?answers=']");
  if (!link || !line || !plainClick(event)) return;
  const number = new URL(link.href).searchParams.get("answers");
  event.preventDefault();
  link.closest("details")?.removeAttribute("open");
  if (!link.dataset.scsQuote) {
    field.value = number;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
    return;
  }
  // The whole post as it was written: the form of its own page has it, after what is kept of this one.
  const kept = await form.scsKept?.().catch(() => false);
  if (kept) {
    try {
      const page = new DOMParser().parseFromString(await (await fetch(link.href)).text(), "text/html");
      const there = page.querySelector("textarea[name=body]")?.value.trimEnd();
      const here = area.value.trimEnd();
      if (there?.startsWith(here)) {
        answer(number);
        if (there !== here) {
          caret = null;
          insert(there.slice(here.length).trim());
        } else area.focus();
        return;
      }
    } catch { /* the page says better than we could what is wrong */ }
  }
  location.assign(link.href);
});

// ---- what is selected
const GAP = 6;
let button = null;
function close() {
  button?.remove();
  button = null;
}
function chosen() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed || !selection.toString().trim()) return null;
  const range = selection.getRangeAt(0);
  const common = range.commonAncestorContainer;
  const prose = (common.nodeType === Node.ELEMENT_NODE ? common : common.parentElement).closest(".scs-post .scs-prose");
  const article = prose?.closest(".scs-post");
  // Only who may answer is offered it.
  if (!article || !(line || article.querySelector("a[data-scs-quote]"))) return null;
  return { range, prose, article };
}
function offer() {
  const found = chosen();
  if (!found) {
    // The focus on the button leaves the selection be; elsewhere without one, there is nothing to quote.
    if (document.activeElement !== button) close();
    return;
  }
  const { range, prose, article } = found;
  if (!button) {
    button = document.createElement("button");
    button.type = "button";
    button.className = "scs-btn scs-btn--s scs-btn--primary scs-quote";
    button.textContent = words;
    // A press must not take the selection away before it is read.
    button.addEventListener("pointerdown", (event) => event.preventDefault());
    button.addEventListener("click", quote);
  }
  // Behind the text in the order of the page: Tab comes to it from the selection.
  if (prose.nextElementSibling !== button) prose.after(button);
  const box = article.getBoundingClientRect();
  const rects = range.getClientRects();
  const end = rects[rects.length - 1] ?? range.getBoundingClientRect();
  const [width, height] = [button.offsetWidth, button.offsetHeight];
  let left = end.right - width;
  let top = end.bottom + GAP;
  // Under the text there are links and acts, which it is not to cover: there it stands after the last word, or where
  // the line is full, over the first.
  if (top + height > prose.getBoundingClientRect().bottom) {
    if (end.right + GAP + width <= box.right) {
      left = end.right + GAP;
      top = (end.top + end.bottom - height) / 2;
    } else top = (rects[0] ?? end).top - GAP - height;
  }
  button.style.insetBlockStart = `${Math.round(top - box.top)}px`;
  button.style.left = `${Math.round(Math.max(0, Math.min(left - box.left, box.width - width)))}px`;
}
function quote() {
  const found = chosen();
  close();
  if (!found) return;
  const text = quoteOf(found.article, found.range.cloneContents());
  if (!text) return;
  getSelection().removeAllRanges();
  if (!line) { carry(found.article, text); return; }
  answer(numberOf(found.article));
  insert(text);
}
if (document.querySelector(".scs-posts, .scs-post")) {
  let timer = 0;
  document.addEventListener("selectionchange", () => {
    clearTimeout(timer);
    timer = setTimeout(offer, 150);
  });
  addEventListener("resize", () => { if (button) offer(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Tab" && !event.shiftKey && document.activeElement === document.body) {
      // Not all browsers go on from the selection.
      offer();
      if (button) { event.preventDefault(); button.focus(); }
      return;
    }
    if (event.key !== "Escape" || !button) return;
    const focused = document.activeElement === button;
    close();
    if (focused) getSelection().removeAllRanges();
    event.stopPropagation();
  });
}
