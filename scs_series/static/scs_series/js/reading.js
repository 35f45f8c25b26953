// While a member reads a part: notes the section they are in and how much of the text lies before, once they stayed
// there for a moment. Who only scrolls by, to look something up, has not read.
const form = document.querySelector("form[data-scs-part-reading]");
const text = document.querySelector(".scs-prose--part");
const STAY = 3000;

if (form && text) {
  form.querySelector("button")?.setAttribute("hidden", "");
  let told = Number(form.dataset.scsPartReading);
  let timer = 0;
  const heads = [...text.querySelectorAll(":scope > h2[id]")];

  function place() {
    const box = text.getBoundingClientRect();
    const line = innerHeight * 0.66; // what stands above it is being read
    if (box.bottom <= innerHeight) return { percent: 100, section: heads.at(-1)?.id ?? "" };
    const percent = Math.max(0, Math.min(99, Math.floor((100 * (line - box.top)) / box.height)));
    return { percent, section: heads.findLast((head) => head.getBoundingClientRect().top < line)?.id ?? "" };
  }
  function tell() {
    if (document.visibilityState !== "visible") return;
    const { percent, section } = place();
    // Not for every line: five percent, or the end.
    if (percent < told + 5 && !(percent === 100 && told < 100)) return;
    const body = new FormData(form);
    body.set("percent", percent);
    body.set("section", section);
    body.set("script", "1");
    fetch(form.action, { method: "POST", body, keepalive: true })
      .then((answer) => { if (answer.ok) told = percent; })
      .catch(() => {});
  }
  addEventListener("scroll", () => { clearTimeout(timer); timer = setTimeout(tell, STAY); }, { passive: true });
  timer = setTimeout(tell, STAY);
}
