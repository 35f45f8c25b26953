// Drafts: what is typed is kept on the server a moment later, and when the page is left. Every state that is saved has a
// stamp made here; what was saved elsewhere meanwhile has one that this page does not know, and is shown, not written over.
const WAIT = 1_500; // after the last key
const LONGEST = 10_000; // for who does not stop typing
const RETRY = 15_000;
const KEEPALIVE = 60_000; // what browsers send of a page that is gone, in bytes, less its other fields
const FIELDS = ["title", "kind", "tags", "body", "answers"];
const TYPED = ["title", "tags", "body"];

const newStamp = () => crypto.getRandomValues(new Uint32Array(4)).reduce((all, part) => all + part.toString(36), "");

function setUp(form) {
  const area = form.elements.body;
  const says = form.querySelector("[data-scs-draft-says]");
  const status = says.querySelector("[role=status]");
  const age = says.querySelector("[data-scs-draft-age]");
  const [saved, discarded, restore, failed, swapped] = says.dataset.words.split("|");
  const note = document.querySelector("form[data-scs-discard]");

  const value = (name) => form.elements[name]?.value ?? "";
  const values = () => Object.fromEntries(FIELDS.map((name) => [name, value(name)]));
  const snapshot = () => JSON.stringify(FIELDS.map(value));
  const isEmpty = () => !TYPED.some((name) => value(name).trim());
  function fill(draft) {
    for (const name of FIELDS) {
      const field = form.elements[name];
      if (!field || (name === "kind" && !draft.kind)) continue;
      field.value = draft[name] ?? "";
      (field.dispatchEvent ? field : form).dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
  // As the server sent it: a browser that goes back fills in what was typed, which may not be saved.
  const sent = (field) => (field instanceof RadioNodeList
    ? [...field].find((radio) => radio.defaultChecked)?.value : field?.defaultValue) ?? "";

  let held = JSON.stringify(FIELDS.map((name) => sent(form.elements[name]))); // what the server keeps
  let known = new Set(value("draft_stamp") ? [value("draft_stamp")] : []); // the states that the text here was typed over
  const own = new Set(known); // all that this page ever named
  let generation = 0; // raised when the text was sent or discarded: answers to what was asked before say nothing any more
  let underway = null;
  let running = null;
  let timer = 0;
  let since = 0; // when the first key was pressed that is not saved
  let notBefore = 0; // when the server may be asked again
  let sending = false;
  let choice = null; // the box that asks which text is wanted; nothing is saved before that is said

  function tell(words, { at = null, more = [], isShown = true } = {}) {
    if (status.textContent !== words) status.textContent = words; // not said again and again
    status.classList.toggle("scs-vh", !isShown);
    age.replaceChildren();
    if (at) {
      const time = Object.assign(document.createElement("time"), { dateTime: at.toISOString(), textContent: at.toLocaleTimeString() });
      const line = document.createElement("span");
      line.append(", ", time);
      age.append(line); // times.js tells how long ago that is
    }
    for (const element of more) age.append(" ", element);
  }
  function knows(stamp) {
    form.elements.draft_stamp.value = stamp;
    if (!stamp) known.clear();
  }

  function touch() {
    if (snapshot() === held || sending || choice) return;
    since ||= Date.now();
    clearTimeout(timer);
    timer = setTimeout(save, Math.max(Math.min(WAIT, since + LONGEST - Date.now()), notBefore - Date.now(), 0));
  }

  function save({ leaving = false } = {}) {
    clearTimeout(timer);
    const text = snapshot();
    if (sending || choice || text === held || text === underway) return running;
    // One at a time, but for the last: the page may be gone before the other has its answer.
    if (running && !leaving) return running.then(() => save());
    since = 0;
    if (isEmpty() && !known.size) { held = text; return null; }
    underway = text;
    const asked = ask(text, leaving).finally(() => { if (running === asked) { running = null; underway = null; touch(); } });
    running = asked;
    return asked;
  }

  async function ask(text, leaving) {
    const of = generation;
    const stamp = newStamp();
    const body = new FormData();
    for (const name of ["csrfmiddlewaretoken", "submission_key", "kept", ...FIELDS]) body.set(name, value(name));
    body.set("stamp", stamp);
    body.set("known", [...known].join(" "));
    // It may be kept although no answer comes.
    known.add(stamp);
    own.add(stamp);
    const keepalive = leaving && new TextEncoder().encode(value("body")).length < KEEPALIVE;
    let answer;
    let data = {};
    try {
      answer = await fetch(form.dataset.scsDraft, { method: "POST", body, keepalive, headers: { Accept: "application/json" } });
      data = await answer.json();
    } catch {
      // No network, or a page instead of an answer: of a server in trouble, or of one that knows this visitor no more.
    }
    if (of !== generation) return;
    if (answer?.ok && "draft" in data) {
      held = text;
      if (data.draft?.stamp === stamp) {
        const states = [...known];
        known = new Set(states.slice(Math.max(0, states.indexOf(stamp))));
        knows(stamp);
        tell(saved, { at: new Date() });
      } else if (!data.draft) {
        knows("");
        tell("");
      }
    } else if (data.code === "stale_draft") {
      if (own.has(data.draft.stamp)) known.add(data.draft.stamp); // one of ours overtook another
      else other(data.draft);
    } else if (data.code === "already_sent") {
      already(data);
    } else if (data.code && answer.status !== 429) {
      held = text; // the same would be refused again
      tell(data.detail);
    } else {
      tell(data.detail ?? failed);
      notBefore = Date.now() + Math.max(RETRY, 1_000 * Number(answer?.headers.get("Retry-After") ?? 0));
    }
  }

  // ---- which of two?
  function box(name) {
    const made = form.querySelector(`template[data-scs-draft-box=${name}]`).content.cloneNode(true).firstElementChild;
    choice?.remove();
    choice = made;
    clearTimeout(timer);
    says.before(made);
    tell(made.querySelector("h3").textContent, { isShown: false }); // the box is there to be seen
    return made;
  }
  const on = (made, name, act) => made.querySelector(`[data-${name}]`).addEventListener("click", act);
  function settled(made) {
    choice = null;
    held = null;
    for (const button of made.querySelectorAll("[data-mine], [data-theirs]")) button.remove();
    area.focus();
    save();
  }
  function other(draft) {
    const made = box("other");
    const words = (of) => [of.title, of.tags, of.body].filter(Boolean).join("\n\n");
    const copy = made.querySelector("textarea");
    copy.value = words(draft);
    made.querySelector("time").dateTime = draft.saved_at; // times.js says it
    on(made, "mine", () => {
      known.add(draft.stamp);
      settled(made);
    });
    on(made, "theirs", () => {
      const mine = values();
      copy.value = words(mine);
      made.querySelector("label").textContent = swapped;
      known.add(draft.stamp);
      if (draft.submission_key) form.elements.submission_key.value = draft.submission_key;
      fill(draft);
      settled(made);
    });
    on(made, "close", () => {
      // Closed without a choice: what is here is not saved, and the next key asks again.
      if (choice === made) { choice = null; held = snapshot(); }
      made.remove();
      area.focus();
    });
  }
  function already(data) {
    const made = box("sent");
    made.querySelector("a").href = data.url;
    on(made, "mine", () => {
      form.elements.submission_key.value = data.submission_key;
      knows("");
      made.remove();
      settled(made);
    });
    on(made, "theirs", () => {
      form.elements.submission_key.value = data.submission_key;
      forget();
      made.remove();
      area.focus();
    });
  }

  // ---- the text is gone from here: sent or not wanted
  function forget() {
    generation += 1;
    clearTimeout(timer);
    choice?.remove();
    choice = null;
    underway = null;
    since = 0;
    known = new Set();
    knows("");
    fill({});
    held = snapshot();
    note?.remove();
    tell("");
  }
  form.addEventListener("scs:sent", forget);
  note?.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(timer);
    await running; // a save that came after it would bring the draft back
    const body = new FormData(note);
    body.set("discard", "1");
    try {
      const answer = await fetch(note.action, { method: "POST", body, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.statusText);
    } catch {
      tell(failed);
      return;
    }
    const was = values();
    forget();
    const back = Object.assign(document.createElement("button"), { type: "button", className: "scs-textbtn", textContent: restore });
    back.addEventListener("click", () => {
      fill(was);
      area.focus();
      save();
    });
    tell(discarded, { more: [back] });
    area.focus();
  });

  // ---- when
  form.addEventListener("input", touch);
  form.addEventListener("change", touch);
  form.addEventListener("submit", () => { sending = true; clearTimeout(timer); });
  const again = () => { sending = false; touch(); };
  form.addEventListener("scs:settled", again);
  addEventListener("pageshow", again);
  addEventListener("pagehide", () => save({ leaving: true }));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") save({ leaving: true });
  });
  // Who asks for another page of ours with this text in it waits for its being kept: quote.js.
  form.scsKept = () => Promise.resolve(save()).then(() => snapshot() === held);
  if (form.querySelector(".scs-errors")) held = null; // typed since it was saved last, and refused
  touch();
}

for (const form of document.querySelectorAll("form[data-scs-draft]")) setUp(form);
