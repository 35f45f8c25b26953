// Times: pages are made once for everybody, in UTC; here they become the reader's own, told by how long ago. The exact
// moment stays in datetime, in the title and, for who has no pointer to hover with, in hidden words. Where the date is
// what is said (a history, a day of publication) it stays a date: within data-scs-date. Text that arrives later (htmx,
// preview) is covered too.
const page = document.documentElement.lang;
// The reader's own variety of the page's language: day and month in the order, hours on the clock they are used to.
const language = navigator.languages.find((tag) => tag.split("-")[0] === page.split("-")[0]) ?? (page || undefined);
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
// "Last year" may be a month ago: months and years are counted.
const counted = new Intl.RelativeTimeFormat(language);
const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });
const STEPS = [["minute", 60], ["hour", 3600], ["day", 86400], ["week", 604800], ["month", 2629746], ["year", 31556952]];

function said(moment) {
  const seconds = (moment - Date.now()) / 1000;
  const distance = Math.abs(seconds);
  if (distance < 45) return relative.format(0, "second");
  const [unit, size] = STEPS.findLast(([, size]) => distance >= size) ?? STEPS[0];
  if (unit === "year") return counted.format(Math.trunc(seconds / size), unit);
  const number = Math.round(seconds / size) || Math.sign(seconds);
  return (unit === "month" ? counted : relative).format(number, unit);
}

function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    time.title = exact.format(moment);
    if (time.closest("[data-scs-date]")) {
      time.textContent = day.format(moment);
      continue;
    }
    const words = said(moment);
    if (time.firstChild?.data === words && time.children.length) continue;
    const hidden = document.createElement("span");
    hidden.className = "scs-vh";
    hidden.textContent = ` (${time.title})`;
    time.replaceChildren(words, hidden);
  }
}

localise(document);
setInterval(() => localise(document), 60_000);
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) {
      // Our own writing into <time> adds no <time>: it is passed over.
      if (node.nodeType === Node.ELEMENT_NODE) localise(node);
    }
  }
}).observe(document.body, { childList: true, subtree: true });

const zone = document.getElementById("scs-zone");
if (zone) zone.textContent = new Intl.DateTimeFormat(language, { timeZoneName: "long" })
  .formatToParts().find((part) => part.type === "timeZoneName")?.value ?? zone.textContent;
