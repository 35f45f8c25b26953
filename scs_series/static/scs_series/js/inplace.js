// Posts named by other posts ("answers no. 12", "answered by #15") open in place: the first press shows the post under
// the line that names it, the next closes it. Without this, and with a key held, the link goes to the post.
const NAMED = '.scs-post-head > a[href^="?post="], .scs-answered span > a[href^="?post="]';
let made = 0;

// The post may stand on this page too, or be opened twice: what is named within it gets names of its own.
function own(article, prefix) {
  for (const element of [article, ...article.querySelectorAll("[id]")]) {
    if (element.id) element.id = prefix + element.id;
  }
  for (const name of ["aria-labelledby", "aria-describedby", "for"]) {
    for (const element of [article, ...article.querySelectorAll(`[${name}]`)]) {
      const value = element.getAttribute(name);
      if (value) element.setAttribute(name, value.split(" ").map((id) => prefix + id).join(" "));
    }
  }
  for (const link of article.querySelectorAll('a[href^="#"]')) {
    link.setAttribute("href", `#${prefix}${link.getAttribute("href").slice(1)}`);
  }
}

function close(link, { focus = true } = {}) {
  const box = document.getElementById(link.getAttribute("aria-controls"));
  box?.remove();
  link.setAttribute("aria-expanded", "false");
  link.removeAttribute("aria-controls");
  if (focus) link.focus();
}

async function open(link, number) {
  const url = `${link.closest("[data-scs-thread]").dataset.scsThread}posts/${number}/?bare=1`;
  link.setAttribute("aria-busy", "true");
  let article;
  try {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(answer.statusText);
    const template = document.createElement("template");
    // Our own fragment, as it stands on pages.
    template.innerHTML = await answer.text();
    article = template.content.querySelector("article");
    if (!article) throw new Error("no post");
  } catch {
    location.assign(link.href); // the page says better than we could what is wrong
    return;
  } finally {
    link.removeAttribute("aria-busy");
  }
  if (link.getAttribute("aria-expanded") === "true") return; // pressed twice
  made += 1;
  own(article, `in-place-${made}-`);
  const box = document.createElement("div");
  box.className = "scs-inplace";
  box.id = `in-place-${made}`;
  box.append(article);
  const shut = document.createElement("button");
  shut.type = "button";
  shut.className = "scs-textbtn";
  shut.textContent = document.querySelector("[data-scs-close]")?.dataset.scsClose ?? "×";
  shut.addEventListener("click", () => close(link));
  box.append(shut);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close(link);
  });
  link.closest(".scs-post-head, .scs-answered").after(box);
  link.setAttribute("aria-expanded", "true");
  link.setAttribute("aria-controls", box.id);
}

function ready(root) {
  for (const link of root.querySelectorAll(NAMED)) {
    if (!link.hasAttribute("aria-expanded")) link.setAttribute("aria-expanded", "false");
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(NAMED);
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const number = new URLSearchParams(new URL(link.href).search).get("post");
  if (!link.closest("[data-scs-thread]") || !/^[1-9]\d*$/.test(number ?? "")) return;
  event.preventDefault();
  if (link.getAttribute("aria-expanded") === "true") close(link);
  else if (!link.hasAttribute("aria-busy")) open(link, number);
});

// Posts that arrive later, and those that were opened in place, name posts too.
const lists = document.querySelectorAll("[data-scs-thread]");
const watch = new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) if (node.nodeType === Node.ELEMENT_NODE) ready(node);
  }
});
for (const list of lists) {
  ready(list);
  watch.observe(list, { childList: true, subtree: true });
}
