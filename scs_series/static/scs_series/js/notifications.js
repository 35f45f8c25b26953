// Whoever follows a notification has read it: told to the server while the page changes. Without this script, its own
// button does the same.
const list = document.querySelector("[data-scs-notifications]");

function tell(form) {
  fetch(form.action, {
    method: "POST",
    body: new FormData(form),
    headers: { "X-Requested-With": "fetch" },
    keepalive: true,
  }).catch(() => {});
}

for (const name of ["click", "auxclick"]) {
  list?.addEventListener(name, (event) => {
    const form = event.target.closest("a")?.closest("li")?.querySelector("form");
    if (form && event.button < 2) tell(form);
  });
}
