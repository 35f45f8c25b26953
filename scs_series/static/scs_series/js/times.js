// Times: pages are made once for everybody, in UTC; here they become the reader's own. The exact moment stays in
// the title and in datetime. Text that arrives later (htmx, preview) is covered too.
const page = document.documentElement.lang;
// The reader's own variety of the page's language: day and month in the order, hours on the clock they are used to.
const language = navigator.languages.find((tag) => tag.split("-")[0] === page.split("-")[0]) ?? (page || undefined);
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });
const STEPS = [["minute", 60], ["hour", 3600], ["day", 86400], ["week", 604800]];

function said(moment) {
  const seconds = (moment - Date.now()) / 1000;
  const distance = Math.abs(seconds);
  if (distance < 45) return relative.format(0, "second");
  if (distance >= 28 * 86400) return day.format(moment);
  const [unit, size] = STEPS.findLast(([, size]) => distance >= size) ?? STEPS[0];
  return relative.format(Math.round(seconds / size) || Math.sign(seconds), unit);
}

function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    time.textContent = said(moment);
    time.title = exact.format(moment);
  }
}

localise(document);
setInterval(() => localise(document), 60_000);
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) {
      // Our own writing into <time> adds text nodes only: those are passed over.
      if (node.nodeType === Node.ELEMENT_NODE) localise(node);
    }
  }
}).observe(document.body, { childList: true, subtree: true });

const zone = document.getElementById("scs-zone");
if (zone) zone.textContent = new Intl.DateTimeFormat(language, { timeZoneName: "long" })
  .formatToParts().find((part) => part.type === "timeZoneName")?.value ?? zone.textContent;
