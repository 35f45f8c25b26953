// A form is sent once: the second press of a button does nothing while the first is on its way. The server keeps
// the same promise by the form's submission key; this only spares people the wait for nothing.
for (const form of document.querySelectorAll("form[data-scs-once]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    else if (event.submitter?.name !== "preview") {
      sent = true;
      form.setAttribute("aria-busy", "true");
    }
  });
  const again = () => { sent = false; form.removeAttribute("aria-busy"); };
  // Coming back by the history, the form may be sent again; and where a script sent it, once that has its answer.
  addEventListener("pageshow", again);
  form.addEventListener("scs:settled", again);
}
const first = document.querySelector(".scs-errors");
if (first) first.focus();
