// The admin's Markdown editor: shows what is typed as readers will see it, and takes images.
// The text area works without this; the server renders, sanitises, limits and decides.

const PAUSE = 600; // ms without typing before the server is asked

function csrfToken(editor) {
  return editor.closest("form")?.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

function seriesOf(editor) {
  if (editor.dataset.series) return editor.dataset.series;
  // A new part: its series is still to be chosen, and may change while the text is written.
  const field = document.getElementById(editor.dataset.seriesField ?? "");
  const pairs = (editor.dataset.seriesSlugs ?? "").split(" ").map((pair) => pair.split(":"));
  return new Map(pairs).get(field?.value) ?? "";
}

function enhance(editor) {
  const area = editor.querySelector("textarea");
  const pane = editor.querySelector("[data-scs-admin-preview]");
  const scroller = editor.querySelector("[data-scs-admin-scroll]");
  const says = editor.querySelector("[data-scs-admin-says]");
  let timer = 0;
  let running = null;

  function say(words) {
    if (says.textContent !== words) says.textContent = words;
  }

  async function preview() {
    running?.abort();
    running = new AbortController();
    const body = new URLSearchParams({
      content: area.value,
      profile: editor.dataset.profile,
      series: seriesOf(editor),
    });
    try {
      const answer = await fetch(editor.dataset.previewUrl, {
        method: "POST",
        body,
        headers: { "X-CSRFToken": csrfToken(editor) },
        signal: running.signal,
      });
      const said = await answer.text();
      const isHtml = (answer.headers.get("Content-Type") ?? "").startsWith("text/html");
      if (answer.ok) {
        pane.innerHTML = said; // sanitised by the server, as the saved text is
        say(editor.dataset.wordFresh);
      } else {
        // Refusals are plain text; an error page of a proxy is not shown.
        say(isHtml ? editor.dataset.wordFailed : said);
        if (answer.status === 429) later(1000 * Number(answer.headers.get("Retry-After") || 5));
      }
    } catch (error) {
      if (error.name !== "AbortError") say(editor.dataset.wordFailed);
    }
  }

  function later(pause) {
    clearTimeout(timer);
    timer = setTimeout(preview, pause);
  }

  async function upload(file) {
    say(editor.dataset.wordUploading);
    const body = new FormData();
    body.append("image", file);
    try {
      const answer = await fetch(editor.dataset.uploadUrl, {
        method: "POST",
        body,
        headers: { "X-CSRFToken": csrfToken(editor) },
      });
      const said = await answer.json();
      if (!answer.ok) throw new Error(said.detail);
      area.setRangeText(said.image_code, area.selectionStart, area.selectionEnd, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
      area.focus();
    } catch (error) {
      say(error instanceof SyntaxError || !error.message ? editor.dataset.wordRefused : error.message);
    }
  }

  function takeImages(event, files) {
    const images = [...files].filter((file) => file.type.startsWith("image/"));
    if (!images.length || !editor.dataset.uploadUrl) return;
    event.preventDefault();
    images.reduce((before, file) => before.then(() => upload(file)), Promise.resolve());
  }

  if (editor.dataset.previewUrl) {
    area.addEventListener("input", () => later(PAUSE));
    if (area.value && (!pane.innerHTML.trim() || area.value !== area.defaultValue)) preview();
    // A form that came back with an error holds another text than the saved one.
    else if (document.querySelector(".errornote")) preview();
  }
  area.addEventListener("paste", (event) => takeImages(event, event.clipboardData?.files ?? []));
  area.addEventListener("drop", (event) => takeImages(event, event.dataTransfer?.files ?? []));
  area.addEventListener("scroll", () => {
    const room = area.scrollHeight - area.clientHeight;
    if (room > 0) scroller.scrollTop = (area.scrollTop / room) * (scroller.scrollHeight - scroller.clientHeight);
  });
}

document.querySelectorAll("[data-scs-admin-editor]").forEach(enhance);
