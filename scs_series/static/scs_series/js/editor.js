// The Markdown editor: toolbar, keys, live preview, images by drop, paste or button. The textarea works without it.
const CSRF = () => document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
const MARKS = {
  bold: { before: "**", after: "**" },
  italic: { before: "*", after: "*" },
  link: { before: "[", after: "](https://)" },
  cite: { before: "[@", after: "]" },
  quote: { line: "> " },
};
const KEYS = { b: "bold", i: "italic", k: "link" };

function insert(area, text, from = area.selectionStart, to = area.selectionEnd) {
  // execCommand keeps the browser's own undo; where it is gone, the range is replaced directly.
  area.focus();
  area.setSelectionRange(from, to);
  if (!document.execCommand?.("insertText", false, text)) area.setRangeText(text, from, to, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function mark(area, name) {
  const { before, after, line } = MARKS[name];
  let { selectionStart: from, selectionEnd: to, value } = area;
  if (line) {
    from = value.lastIndexOf("\n", from - 1) + 1;
    insert(area, value.slice(from, to).split("\n").map((text) => line + text).join("\n"), from, to);
    return;
  }
  const chosen = value.slice(from, to);
  insert(area, before + chosen + after, from, to);
  const start = from + before.length;
  area.setSelectionRange(start, start + chosen.length);
}

function setUp(editor) {
  const area = editor.querySelector("textarea");
  const tools = editor.querySelector(".scs-tools");
  const pane = editor.querySelector(".scs-preview");
  const target = editor.querySelector("[data-scs-preview]");
  const says = editor.querySelector("[data-scs-says]");
  const [, uploading, refused, failed] = editor.dataset.words.split("|");
  tools.hidden = false;
  pane.hidden = false;
  // The button asks the server for what the pane now shows by itself.
  for (const button of area.form?.querySelectorAll("button[name=preview]") ?? []) button.hidden = true;

  // ---- preview: the last text wins, and an unchanged one is not asked for again
  let timer = 0;
  let shown = null;
  let running = null;
  async function preview() {
    const text = area.value;
    if (text === shown) return;
    if (!text.trim()) { target.replaceChildren(); shown = text; return; }
    running?.abort();
    running = new AbortController();
    const body = new FormData();
    body.set("content", text);
    if (editor.dataset.series) body.set("series", editor.dataset.series);
    if (editor.dataset.profile) body.set("profile", editor.dataset.profile);
    try {
      const answer = await fetch(editor.dataset.previewUrl, {
        method: "POST", body, signal: running.signal, headers: { "X-CSRFToken": CSRF() },
      });
      const content = await answer.text();
      if (!answer.ok) { says.textContent = answer.status < 500 ? content.slice(0, 300) : failed; return; }
      // Safe by the server's sanitiser: the very HTML that a post shows.
      target.innerHTML = content;
      says.textContent = "";
      shown = text;
    } catch (error) {
      if (error.name !== "AbortError") says.textContent = failed;
    }
  }
  area.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(preview, 400); });
  preview();

  // ---- toolbar and keys
  const picker = Object.assign(document.createElement("input"), {
    type: "file", accept: "image/png,image/jpeg,image/gif,image/webp", hidden: true,
  });
  picker.addEventListener("change", () => { upload(picker.files); picker.value = ""; });
  editor.append(picker);
  tools.addEventListener("click", (event) => {
    const name = event.target.closest("[data-mark]")?.dataset.mark;
    if (name === "image") picker.click();
    else if (name) mark(area, name);
  });
  area.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    if (event.key === "Enter") { event.preventDefault(); area.form?.requestSubmit(); return; }
    const name = KEYS[event.key.toLowerCase()];
    if (name) { event.preventDefault(); mark(area, name); }
  });

  // ---- images
  async function upload(files) {
    for (const file of files) {
      if (!file.type.startsWith("image/")) { says.textContent = refused; continue; }
      says.textContent = uploading;
      const body = new FormData();
      body.set("image", file);
      try {
        const answer = await fetch(editor.dataset.uploadUrl, { method: "POST", body, headers: { "X-CSRFToken": CSRF() } });
        const { image_code: code, detail } = await answer.json();
        says.textContent = answer.ok ? "" : detail || refused;
        if (answer.ok) insert(area, code);
      } catch {
        says.textContent = refused;
      }
    }
  }
  const carries = (data) => [...(data?.items ?? [])].some((item) => item.kind === "file");
  area.addEventListener("dragover", (event) => { if (carries(event.dataTransfer)) event.preventDefault(); });
  area.addEventListener("drop", (event) => {
    if (event.dataTransfer.files.length) { event.preventDefault(); upload(event.dataTransfer.files); }
  });
  area.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) { event.preventDefault(); upload(event.clipboardData.files); }
  });
}

for (const editor of document.querySelectorAll("[data-scs-editor]")) setUp(editor);
