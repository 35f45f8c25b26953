// Pictures come by drop, paste or button, one after the other, each with its progress. A mark keeps the place in the text
// until the server has answered; the text around it is typed on meanwhile.
const CSRF = () => document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
const TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

function setUp(editor) {
  const area = editor.querySelector("textarea");
  const says = editor.querySelector("[data-scs-says]");
  const list = editor.querySelector("[data-scs-uploads]");
  const [uploading, done, noImage, tooLarge, tooMany, unreached, failed, cancelled, cancel, wait] = editor.dataset.imageWords.split("|");
  const say = (words, name = "", more = "", refused = false) => {
    says.textContent = words.replace("{name}", () => name).replace("{more}", () => more);
    says.toggleAttribute("data-refused", refused);
  };
  let queue = Promise.resolve();
  let pending = 0;

  function keepPlace(name) {
    // Only what is neither markup nor a line's end, and found again in the text.
    const plain = name.replace(/[\[\]()\\<>`*_!\s]+/g, " ").trim().slice(0, 60);
    for (let n = 1; ; n += 1) {
      const place = `![${uploading.replace("{name}", () => (n === 1 ? plain : `${plain} ${n}`))}]()`;
      if (!area.value.includes(place)) return place;
    }
  }
  function fill(place, text) {
    const at = area.value.indexOf(place);
    if (at >= 0) area.scs.replace(at, at + place.length, text);
    return at >= 0; // else who typed took it out
  }

  function row(name) {
    const made = document.createElement("div");
    made.className = "scs-upload";
    const title = Object.assign(document.createElement("bdi"), { className: "scs-upload-name", textContent: name });
    const progress = Object.assign(document.createElement("progress"), { max: 100 });
    progress.setAttribute("aria-label", uploading.replace("{name}", () => name));
    const percent = Object.assign(document.createElement("span"), { className: "scs-upload-percent" });
    const button = Object.assign(document.createElement("button"), { type: "button", className: "scs-textbtn", textContent: cancel });
    button.setAttribute("aria-label", `${cancel}: ${name}`);
    made.append(title, progress, percent, button);
    list.append(made);
    return { made, progress, percent, button };
  }

  function refusal(asked) {
    let detail = "";
    try { detail = JSON.parse(asked.responseText).detail ?? ""; } catch { /* a page: of a proxy, or of one who is signed out */ }
    if (detail) return detail;
    if (asked.status === 413) return tooLarge;
    if (asked.status === 429) return tooMany.replace("{more}", asked.getResponseHeader("Retry-After") ?? "60");
    return asked.status ? failed : unreached;
  }

  function send(file, place, { made, progress, percent, button }) {
    return new Promise((settled) => {
      const asked = new XMLHttpRequest(); // fetch tells nothing of what is on its way
      const end = (words, more = "", refused = false) => {
        const focused = made.contains(document.activeElement);
        made.remove();
        pending -= 1;
        if (focused) area.focus();
        say(words, file.name, more, refused);
        settled();
      };
      const take = (words, more) => { fill(place, ""); end(words, more, Boolean(more)); };
      if (button.dataset.pressed) { take(cancelled); return; }
      button.addEventListener("click", () => { asked.abort(); });
      asked.upload.addEventListener("progress", ({ lengthComputable, loaded, total }) => {
        if (!lengthComputable) return;
        progress.value = Math.floor((100 * loaded) / total);
        percent.textContent = `${progress.value} %`;
      });
      asked.addEventListener("load", () => {
        let code = "";
        if (asked.status === 200) try { code = JSON.parse(asked.responseText).image_code ?? ""; } catch { /* refused below */ }
        if (!code) take("{name}: {more}", refusal(asked));
        else { fill(place, code); end(done); }
      });
      asked.addEventListener("error", () => take("{name}: {more}", unreached));
      asked.addEventListener("abort", () => take(cancelled));
      asked.open("POST", editor.dataset.uploadUrl);
      asked.setRequestHeader("X-CSRFToken", CSRF());
      asked.setRequestHeader("Accept", "application/json");
      const body = new FormData();
      body.set("image", file);
      asked.send(body);
    });
  }

  function upload(files) {
    for (const file of files) {
      if (!TYPES.includes(file.type)) { say(noImage, file.name, "", true); continue; }
      const place = keepPlace(file.name);
      area.scs.insert(pending && area.value.slice(0, area.selectionStart).endsWith("]()") ? `\n${place}` : place);
      const shown = row(file.name);
      pending += 1;
      // Before its turn has come, too.
      shown.button.addEventListener("click", () => { shown.button.dataset.pressed = "1"; shown.made.hidden = true; area.focus(); });
      queue = queue.then(() => { say(uploading, file.name); return send(file, place, shown); });
    }
  }

  // Sent with a mark in it, the text would lack the picture.
  area.form?.addEventListener("submit", (event) => {
    if (!pending) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    say(wait, "", "", true);
  }, { capture: true });

  const picker = Object.assign(document.createElement("input"), { type: "file", accept: TYPES.join(","), multiple: true, hidden: true });
  picker.addEventListener("change", () => { upload([...picker.files]); picker.value = ""; });
  editor.append(picker);
  editor.querySelector("[data-mark=image]").addEventListener("click", () => picker.click());
  const carries = (data) => [...(data?.items ?? [])].some((item) => item.kind === "file");
  area.addEventListener("dragover", (event) => { if (carries(event.dataTransfer)) event.preventDefault(); });
  area.addEventListener("drop", (event) => {
    if (event.dataTransfer.files.length) { event.preventDefault(); upload([...event.dataTransfer.files]); }
  });
  area.addEventListener("paste", (event) => {
    const { files } = event.clipboardData;
    // A table's cells come as text and as a picture of them: the text is meant.
    if (files.length && !event.clipboardData.getData("text/plain")) { event.preventDefault(); upload([...files]); }
  });
}

for (const editor of document.querySelectorAll("[data-scs-editor]")) setUp(editor);
