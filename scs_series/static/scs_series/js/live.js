// New posts of a thread: an event stream where the page offers one, else a conditional request now and then. They
// announce themselves in a bar that floats, so no text moves, and wait there until they are asked for. One's own answer
// is sent without leaving the page, and comes back the same way.
const list = document.querySelector(".scs-posts[data-scs-last]");
const bar = document.querySelector("[data-scs-news]");
const way = list?.dataset.scsLive;

if (list && bar) {
  const thread = list.dataset.scsThread;
  const goesOn = list.hasAttribute("data-scs-goes-on"); // there are later pages: new posts are theirs
  const [one, many, divider, failed] = bar.dataset.words.split("|");
  const status = bar.querySelector("[role=status]");
  const POLL = Number(list.dataset.scsPoll || 20) * 1000;
  let shown = Number(list.dataset.scsLast); // the last post that the page knew of
  let last = shown;

  // ---- the bar
  let button = null;
  function announce() {
    const count = last - shown;
    if (count <= 0) { button?.remove(); button = null; status.textContent = ""; return; }
    const words = count === 1 ? one : many.replace("%n", count);
    if (status.textContent !== words) status.textContent = words;
    if (!button) {
      button = document.createElement(goesOn ? "a" : "button");
      button.className = "scs-btn scs-btn--primary";
      if (goesOn) button.href = `${thread}?post=${shown + 1}`;
      else {
        button.type = "button";
        button.addEventListener("click", () => show());
      }
      bar.append(button);
    }
    button.textContent = words;
  }

  // ---- what was asked for last: the answer waits here until it is wanted
  let waiting = null;
  let etag = "";
  async function ask() {
    const headers = etag ? { "If-None-Match": etag } : {};
    const answer = await fetch(`${thread}new/?after=${shown}`, { headers, cache: "no-store" });
    if (answer.status === 304) return answer;
    if (!answer.ok) throw Object.assign(new Error(answer.statusText), { answer });
    etag = answer.headers.get("ETag") ?? "";
    const template = document.createElement("template");
    template.innerHTML = await answer.text();
    waiting = template.content.querySelector("[data-scs-last]");
    last = Math.max(last, Number(waiting?.dataset.scsLast ?? 0));
    return answer;
  }

  // ---- showing: at the end, behind a line; the focus goes to the first, or to one's own
  async function show({ own = false } = {}) {
    const before = document.activeElement;
    let first = null;
    try {
      do {
        if (!waiting || own) { etag = ""; await ask(); }
        const items = [...(waiting?.children ?? [])].filter((item) => Number(item.dataset.scsNumber) > shown);
        waiting = null;
        etag = "";
        if (!items.length) break;
        if (!first) {
          for (const old of list.querySelectorAll("[data-scs-divider]")) old.remove();
          if (!own || items.length > 1) {
            const line = document.createElement("li");
            line.dataset.scsDivider = "";
            const words = document.createElement("p");
            words.className = "scs-unread";
            words.textContent = divider;
            line.append(words);
            list.append(line);
          }
          [first] = items;
        }
        list.append(...items);
        shown = Number(items.at(-1).dataset.scsNumber);
        if (own) first = items.findLast((item) => item.hasAttribute("data-scs-own")) ?? first;
      } while (shown < last);
    } catch {
      status.textContent = failed;
      return false;
    }
    list.dataset.scsLast = shown;
    announce();
    const target = first?.querySelector("article");
    if (target && (document.activeElement === before || document.activeElement === document.body)) {
      target.tabIndex = -1;
      target.focus();
    }
    return Boolean(first);
  }

  // ---- asking now and then: less often where nobody looks or the server has trouble
  let timer = 0;
  let failures = 0;
  function later(wait) {
    clearTimeout(timer);
    timer = setTimeout(poll, wait);
  }
  async function poll() {
    if (document.visibilityState === "hidden") return; // goes on when the page is looked at again
    let wait = POLL;
    try {
      await ask();
      failures = 0;
      announce();
    } catch (error) {
      failures += 1;
      if ([401, 403, 404, 410].includes(error.answer?.status)) return; // nothing here any more for this reader
      wait = Math.max(POLL * 2 ** Math.min(failures, 5), 1000 * Number(error.answer?.headers.get("Retry-After") ?? 0));
    }
    later(wait * (0.9 + 0.2 * Math.random())); // readers who came together do not ask together for ever
  }

  // ---- the stream: open while the page is looked at; a browser has few connections to one host
  let stream = null;
  function listen() {
    stream = new EventSource(`${thread}events/?after=${last}`);
    stream.addEventListener("posts", (event) => {
      last = Math.max(last, Number(event.data));
      waiting = null; // what was fetched before is not all of it
      announce();
    });
    const give_up = () => { stream.close(); stream = null; way_now = "poll"; later(POLL); };
    stream.addEventListener("full", give_up);
    stream.addEventListener("end", () => { stream.close(); stream = null; way_now = ""; });
    // A stream that was refused does not come again by itself: no event stream at this address, or too many.
    stream.addEventListener("error", () => { if (stream?.readyState === EventSource.CLOSED) give_up(); });
  }
  let way_now = way;
  function start() {
    if (way_now === "stream" && !stream) listen();
    else if (way_now === "poll") later(POLL);
  }
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") {
      if (way_now === "poll") poll();
      else start();
    } else {
      clearTimeout(timer);
      stream?.close();
      stream = null;
    }
  });
  addEventListener("pagehide", () => { stream?.close(); stream = null; });
  if (document.visibilityState === "visible") start();

  // ---- one's own answer
  const form = document.querySelector(".scs-answer form[action$='/reply/']");
  const area = form?.querySelector("textarea");
  form?.addEventListener("submit", async (event) => {
    if (event.defaultPrevented || event.submitter?.name === "preview") return;
    event.preventDefault();
    complain([]);
    let sent = false;
    try {
      const body = new FormData(form);
      // What follows a post that was written is a redirect, which is not followed: the post comes as others do.
      const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
      sent = answer.type === "opaqueredirect";
      if (!sent) {
        const { fields, whole } = errors(await answer.text());
        // Signed out meanwhile: the server's own page leads to signing in and back, and keeps the text over that.
        if ([401, 403].includes(answer.status) && !fields.length) {
          form.submit();
          return;
        }
        complain(fields.length ? fields : [whole ?? answer.statusText]);
      }
    } catch {
      complain([failed]);
    }
    if (sent) {
      area.value = "";
      area.dispatchEvent(new Event("input", { bubbles: true }));
      const key = form.elements.submission_key; // the next answer is another one
      if (key) key.value = [...crypto.getRandomValues(new Uint8Array(18))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      form.dispatchEvent(new CustomEvent("scs:sent", { bubbles: true }));
      if (!(await show({ own: true }))) location.reload();
    }
    form.dispatchEvent(new CustomEvent("scs:settled", { bubbles: true }));
  });

  // The page that the server answered says what is wrong, beside the field; here the same words stand over the form.
  function errors(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const said = [...page.querySelectorAll(".scs-error span")].map((element) => element.textContent.trim());
    return { fields: [...new Set(said)], whole: page.querySelector("main h1")?.textContent.trim() };
  }
  function complain(messages) {
    form.querySelector("[data-scs-refused]")?.remove();
    area.removeAttribute("aria-invalid");
    if (!messages.length) return;
    const box = document.createElement("div");
    box.className = "scs-refused";
    box.dataset.scsRefused = "";
    box.setAttribute("role", "alert");
    for (const message of messages) {
      const line = document.createElement("p");
      line.className = "scs-error";
      line.textContent = message;
      box.append(line);
    }
    form.prepend(box);
    area.setAttribute("aria-invalid", "true");
    area.focus();
  }
}
