// While somebody reads a thread: notes how far they came (members), and lets the timeline say where they are.
const list = document.querySelector(".scs-posts[data-scs-last]");
const form = document.querySelector("form[data-scs-read]");
const here = document.querySelector("[data-scs-here]");

if (list) {
  const numberOf = (item) => Number(item.dataset.scsNumber);

  // ---- how far: a post is read once its end was on the screen; told a moment later, or when the page is left
  let read = Number(form?.dataset.scsRead ?? 0);
  let seen = read;
  let timer = 0;
  function tell() {
    clearTimeout(timer);
    if (!form || seen <= read) return;
    const body = new FormData(form);
    body.set("number", seen);
    body.set("script", "1");
    const told = seen;
    // keepalive: it is sent even though the page is gone.
    fetch(form.action, { method: "POST", body, keepalive: true })
      .then((answer) => { if (answer.ok) read = Math.max(read, told); })
      .catch(() => {}); // the next post tells it again
  }
  function saw(number) {
    if (number <= seen) return;
    seen = number;
    clearTimeout(timer);
    timer = setTimeout(tell, 1500);
  }
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") tell(); });
  const button = form?.querySelector("button");
  if (button) button.hidden = true;

  // ---- where: the topmost post on the screen
  const shown = new Set();
  const total = Number(list.dataset.scsLast);
  const words = here?.textContent;
  function say() {
    if (!here) return;
    const top = Math.min(...[...shown].map(numberOf));
    here.textContent = Number.isFinite(top) ? `${top} / ${Math.max(total, top)}` : words;
  }

  const ends = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting, boundingClientRect, rootBounds } of entries) {
      if (isIntersecting) shown.add(target);
      else shown.delete(target);
      const bottom = rootBounds?.bottom ?? innerHeight;
      if (document.visibilityState === "visible" && isIntersecting && boundingClientRect.bottom <= bottom + 2) {
        saw(numberOf(target));
      }
    }
    say();
  }, { rootMargin: "-64px 0px 0px", threshold: Array.from({ length: 41 }, (_, step) => step / 40) });
  const observe = (item) => { if (item.dataset?.scsNumber) ends.observe(item); };
  for (const item of list.children) observe(item);
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) observe(node);
  }).observe(list, { childList: true });
}
